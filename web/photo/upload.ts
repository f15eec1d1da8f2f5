import type { ApolloClient } from '@apollo/client';
import { failure } from '../api/failure.ts';
import { sendForm, type Watched } from '../api/request.ts';
import {
  type CropInput,
  PhotoProgressDocument,
  RequestUploadDocument,
  type RequestUploadMutation,
  UploadPhotoDocument,
  type UploadStateFragment,
  UserDocument,
} from '../generated/graphql.ts';
import type { Chosen } from './validate-file.ts';

/** Bytes from which on a photo goes straight to the bucket: what the API could hand to the image function in one call. */
const DIRECT_FROM = 4_500_000;

/** A photo to be sent, and all that is said of it. */
export interface Parcel extends Pick<Chosen, 'file' | 'type'> {
  profileId: string;
  crop: CropInput | undefined;
  alt: string;
}

/**
 * Sends a photo by the route that suits its size, and resolves when it is everybody's picture of the person.
 *
 * @throws what `failureOf` reads; DOMException AbortError when cancelled
 */
export const sendPhoto = (client: ApolloClient, parcel: Parcel, watched: Watched) =>
  parcel.file.size < DIRECT_FROM
    ? sendToApi(client, parcel, watched)
    : sendToBucket(client, parcel, watched);

async function sendToApi(
  client: ApolloClient,
  { type: _, ...variables }: Parcel,
  watched: Watched,
) {
  await client.mutate({
    mutation: UploadPhotoDocument,
    variables: { ...variables, crop: variables.crop ?? null },
    context: { fetchOptions: watched },
  });
}

async function sendToBucket(client: ApolloClient, parcel: Parcel, watched: Watched) {
  const { file, type: contentType, profileId, alt, crop = null } = parcel;
  const { data } = await client.mutate({
    mutation: RequestUploadDocument,
    variables: { contentType, profileId, alt, crop },
    context: { fetchOptions: { signal: watched.signal } },
  });
  if (!data) return;
  const { photo, ...form } = data.requestPhotoUpload;
  await putIntoBucket(form, file, watched);
  await untilReady(client, photo.id, watched.signal);
  await client.refetchQueries({ include: [UserDocument] });
}

type BucketForm = Omit<RequestUploadMutation['requestPhotoUpload'], 'photo'>;

async function putIntoBucket({ url, fields }: BucketForm, file: Blob, watched: Watched) {
  const body = new FormData();
  for (const { name, value } of fields) body.append(name, value);
  // S3 reads nothing that comes after the file.
  body.append('file', file);
  const answer = await sendForm({ url, body, ...watched });
  if (!answer.ok) throw refusedByBucket(await answer.text());
}

/** S3 answers in XML; only the code of it is for machines. */
function refusedByBucket(xml: string) {
  const code = xml.match(/<Code>(\w+)<\/Code>/)?.[1];
  if (code === 'EntityTooLarge') return failure('PHOTO_TOO_LARGE', 'Choose a smaller one.');
  return failure('UPLOAD_EXPIRED', 'The place kept for it has expired. Send it again.', {
    retryable: true,
  });
}

/** Follows a photo to its end. The state comes first, then every change: whatever breaks off is asked for again. */
function untilReady(client: ApolloClient, id: string, signal: Watched['signal']): Promise<void> {
  return new Promise((resolve, reject) => {
    const following = client
      .subscribe({ query: PhotoProgressDocument, variables: { id } })
      .subscribe({
        next({ data, error }) {
          if (error) reject(error);
          if (data) settle(data.photo, resolve, reject);
        },
        error: reject,
        complete: () => reject(failure('NOT_FOUND', 'The photo was deleted meanwhile.')),
      });
    signal?.addEventListener('abort', () => {
      following.unsubscribe();
      reject(new DOMException('Cancelled.', 'AbortError'));
    });
  });
}

function settle(
  { status, failure: why }: UploadStateFragment,
  resolve: () => void,
  reject: (reason: unknown) => void,
) {
  if (status === 'READY') resolve();
  if (status === 'FAILED' && why) reject(failure(why.code, why.message, why));
  if (status === 'EXPIRED')
    reject(failure('UPLOAD_EXPIRED', 'Send it again.', { retryable: true }));
}
