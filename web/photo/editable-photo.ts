import type { ApolloClient } from '@apollo/client';
import { useEffect, useMemo } from 'react';
import type { Watched } from '../api/request.ts';
import {
  type CropInput,
  CropPhotoDocument,
  type UserDetailsFragment,
} from '../generated/graphql.ts';
import { sendPhoto } from './upload.ts';
import type { Chosen } from './validate-file.ts';

/** Fractions (0 to 1) of the upright photo. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A photo to be framed, and what becomes of it then. */
export interface Source {
  /** Undefined where the browser cannot show it. */
  url: string | undefined;
  alt: string;
  /** What is cut out so far. */
  frame: Rectangle | undefined;
  /** What pressing the button does. */
  action: string;
  send(
    client: ApolloClient,
    wish: { crop: CropInput | undefined; alt: string },
    watched: Watched,
  ): Promise<unknown>;
}

/** The file just chosen, or the stored photo. */
export function useSource(
  { profile }: UserDetailsFragment,
  isRecrop: boolean,
  chosen: Chosen | undefined,
): Source | undefined {
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

const newPhoto = ({ file, type, url }: Chosen, profileId: string): Source => ({
  url,
  alt: '',
  frame: undefined,
  action: 'Use this photo',
  send: (client, wish, watched) => sendPhoto(client, { ...wish, file, type, profileId }, watched),
});

type Photo = NonNullable<NonNullable<UserDetailsFragment['profile']>['photo']>;

/** The master is on the server already: only the frame and the words travel. */
const storedPhoto = ({ master, alt, crop }: Photo, profileId: string): Source => ({
  url: master ?? undefined,
  alt,
  frame: crop ?? undefined,
  action: 'Save',
  async send(client, wish, { onProgress, signal }) {
    onProgress?.(1);
    const variables = { ...wish, profileId, crop: wish.crop ?? {} };
    await client.mutate({
      mutation: CropPhotoDocument,
      variables,
      context: { fetchOptions: { signal } },
    });
  },
});
