/** Defaults of the settings that API and function share. */
export const DEFAULTS = {
  /** THUMB_DIMENSIONS: sides of the squares, px. */
  sizes: [50, 100, 200, 400],
  /** FORMATS: each additional format costs one PUT per size, which at scale costs more than encoding. */
  formats: ['webp'],
  /** BLUR: whether there are blurred variants. */
  blur: true,
  /** BLUR_RADIUS: sigma of the blurred master, px of the master; squares use it in proportion. */
  blurRadius: 20,
  /** MAX_UPLOAD_BYTES: 25 MiB. */
  maxUploadBytes: 26_214_400,
  /** MAX_PIXELS: 50 million are 200 MB of RGBA. */
  maxPixels: 50_000_000,
} as const;
