/** `POST {IMAGE_API_URL}/images/{photoId}`, signed for `execute-api`. */
export const imagePath = (photoId: string) => `/images/${photoId}`;

/** Routes of the API. */
export const API_PATHS = {
  graphql: '/graphql',
  playground: '/playground',
  ready: '/readyz',
  metrics: '/metrics',
} as const;

/** Route of the API that receives callbacks. */
export const CALLBACK_PATH = '/callbacks/photos';
