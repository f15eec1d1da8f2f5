import type { ApolloClient } from '@apollo/client';
import { LIMITS } from '../../contract/limits.ts';
import { failure } from '../api/failure.ts';
import { sendForm, type TransferOptions } from '../api/request.ts';
import {
  type CropInput,
  PhotoProgressDocument,
  RequestUploadDocument,
  type RequestUploadMutation,
  UploadPhotoDocument,
  type UploadStateFragment,
  UserDocument,
} from '../generated/graphql.ts';
import type { ChosenFile } from './validate-file.ts';

/** A photo to upload, with its crop and description. */
export interface PhotoUpload extends Pick<ChosenFile, 'file' | 'type'> {
  profileId: string;
  crop: CropInput | undefined;
  alt: string;
}

/**
 * Uploads a photo, by the route for its size, and resolves when it is the photo of the profile.
 *
 * @throws errors for `failureOf`; DOMException AbortError if cancelled
 */
export const uploadPhoto = (client: ApolloClient, upload: PhotoUpload, options: TransferOptions) =>
  // The API passes larger photos to the image function by a detour.
  upload.file.size < LIMITS.inlineBytes
    ? uploadToApi(client, upload, options)
    : uploadToBucket(client, upload, options);

async function uploadToApi(
  client: ApolloClient,
  { type: _, ...variables }: PhotoUpload,
  options: TransferOptions,
) {
  await client.mutate({
    mutation: UploadPhotoDocument,
    variables: { ...variables, crop: variables.crop ?? null },
    context: { fetchOptions: options },
  });
}

async function uploadToBucket(client: ApolloClient, upload: PhotoUpload, options: TransferOptions) {
  const { file, type: contentType, profileId, alt, crop = null } = upload;
  const { data } = await client.mutate({
    mutation: RequestUploadDocument,
    variables: { contentType, profileId, alt, crop },
    context: { fetchOptions: { signal: options.signal } },
  });
  if (!data) return;
  const { photo, ...form } = data.requestPhotoUpload;
  await postToBucket(form, file, options);
  await waitUntilReady(client, photo.id, options.signal);
  await client.refetchQueries({ include: [UserDocument] });
}

type PresignedPost = Omit<RequestUploadMutation['requestPhotoUpload'], 'photo'>;

async function postToBucket({ url, fields }: PresignedPost, file: Blob, options: TransferOptions) {
  const body = new FormData();
  for (const { name, value } of fields) body.append(name, value);
  // S3 ignores fields after the file.
  body.append('file', file);
  const response = await sendForm({ url, body, ...options });
  if (!response.ok) throw bucketFailure(await response.text());
}

/** Converts an error of S3, which is XML with a code. */
function bucketFailure(xml: string) {
  const code = xml.match(/<Code>(\w+)<\/Code>/)?.[1];
  if (code === 'EntityTooLarge') return failure('PHOTO_TOO_LARGE', 'Choose a smaller file.');
  return failure('UPLOAD_EXPIRED', 'The upload took too long. Try again.', {
    retryable: true,
  });
}

/** Waits for processing to end. The subscription sends the current status first, so a reconnect misses nothing. */
function waitUntilReady(
  client: ApolloClient,
  id: string,
  signal: TransferOptions['signal'],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = client
      .subscribe({ query: PhotoProgressDocument, variables: { id } })
      .subscribe({
        next({ data, error }) {
          if (error) reject(error);
          if (data) settle(data.photo, resolve, reject);
        },
        error: reject,
        complete: () => reject(failure('NOT_FOUND', 'The photo was deleted during the upload.')),
      });
    signal?.addEventListener('abort', () => {
      subscription.unsubscribe();
      reject(new DOMException('Cancelled.', 'AbortError'));
    });
  });
}

function settle(
  { status, failure: reason }: UploadStateFragment,
  resolve: () => void,
  reject: (error: unknown) => void,
) {
  if (status === 'READY') resolve();
  if (status === 'FAILED' && reason) reject(failure(reason.code, reason.message, reason));
  if (status === 'EXPIRED')
    reject(failure('UPLOAD_EXPIRED', 'The upload took too long. Try again.', { retryable: true }));
}
