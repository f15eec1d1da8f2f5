/** `POST {IMAGE_API_URL}/images/{photoId}`, signed for `execute-api`. */
export const imagePath = (photoId: string) => `/images/${photoId}`;

/** Where the API answers, beside `CALLBACK_PATH`. */
export const API_PATHS = {
  graphql: '/graphql',
  playground: '/playground',
  ready: '/readyz',
  metrics: '/metrics',
} as const;

/** Where the API takes callbacks. */
export const CALLBACK_PATH = '/callbacks/photos';
