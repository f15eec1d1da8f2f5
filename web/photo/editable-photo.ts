import type { ApolloClient } from '@apollo/client';
import { useEffect, useMemo } from 'react';
import type { TransferOptions } from '../api/request.ts';
import {
  type CropInput,
  CropPhotoDocument,
  type UserDetailsFragment,
} from '../generated/graphql.ts';
import { uploadPhoto } from './upload.ts';
import type { ChosenFile } from './validate-file.ts';

/** Fractions (0 to 1) of the upright photo. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A new or stored photo that can be cropped, described and saved. */
export interface EditablePhoto {
  /** Undefined if the browser cannot show the format. */
  url: string | undefined;
  alt: string;
  /** Current crop. */
  crop: Rectangle | undefined;
  /** Label of the button that saves it. */
  action: string;
  save(
    client: ApolloClient,
    edit: { crop: CropInput | undefined; alt: string },
    options: TransferOptions,
  ): Promise<unknown>;
}

/** Returns the chosen file or, to crop it again, the stored photo. */
export function useEditablePhoto(
  { profile }: UserDetailsFragment,
  isRecrop: boolean,
  chosen: ChosenFile | undefined,
): EditablePhoto | undefined {
  useEffect(() => {
    const url = chosen?.url;
    return url ? () => URL.revokeObjectURL(url) : undefined;
  }, [chosen]);

  return useMemo(() => {
    if (!profile) return undefined;
    if (chosen) return newPhoto(chosen, profile.id);
    return isRecrop && profile.photo ? storedPhoto(profile.photo, profile.id) : undefined;
  }, [profile, isRecrop, chosen]);
}

const newPhoto = ({ file, type, url }: ChosenFile, profileId: string): EditablePhoto => ({
  url,
  alt: '',
  crop: undefined,
  action: 'Use this photo',
  save: (client, edit, options) => uploadPhoto(client, { ...edit, file, type, profileId }, options),
});

type Photo = NonNullable<NonNullable<UserDetailsFragment['profile']>['photo']>;

/** The server crops its stored master again: only crop and description are sent. */
const storedPhoto = ({ master, alt, crop }: Photo, profileId: string): EditablePhoto => ({
  url: master ?? undefined,
  alt,
  crop: crop ?? undefined,
  action: 'Save',
  async save(client, edit, { onProgress, signal }) {
    onProgress?.(1);
    const variables = { ...edit, profileId, crop: edit.crop ?? {} };
    await client.mutate({
      mutation: CropPhotoDocument,
      variables,
      context: { fetchOptions: { signal } },
    });
  },
});
