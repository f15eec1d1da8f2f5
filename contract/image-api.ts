import { type Crop } from './crop.ts';
import { type Variant } from './image.ts';

/** Body of a 200 answer: everything the API keeps of a photo. */
export interface ProcessedPhoto {
  photoId: string;
  /** px of the master */
  width: number;
  /** px of the master */
  height: number;
  variants: Variant[];
  crop: Crop;
  /** ThumbHash of the whole photo, base64: at most 30 bytes to paint before it arrives. */
  placeholder: string;
  /** `#rrggbb` */
  dominantColor: string;
}

/**
 * JSON body that the image function takes in place of the photo's bytes, for a photo in the bucket: staged or uploaded
 * for this very photo, or the master of another to be cut anew.
 */
export interface PhotoKey {
  key: string;
}
