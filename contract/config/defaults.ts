/** What a setting is when the environment says nothing; for the function and the API alike. */
export const DEFAULTS = {
  /** THUMB_DIMENSIONS: sides of the squares, px. */
  sizes: [50, 100, 200, 400],
  /** FORMATS: every format more costs a PUT per picture, which at scale is dearer than its pixels. */
  formats: ['webp'],
  /** BLUR: whether every picture gets a blurred twin. */
  blur: true,
  /** BLUR_RADIUS: sigma of the master's twin, px of the master; the squares' is scaled to their size. */
  blurRadius: 20,
  /** MAX_UPLOAD_BYTES: 25 MiB. */
  maxUploadBytes: 26_214_400,
  /** MAX_PIXELS: 50 million, 200 MB as RGBA. */
  maxPixels: 50_000_000,
} as const;
