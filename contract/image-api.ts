import { type Crop } from './crop.ts';
import { type Variant } from './image.ts';

/** Body of a 200 response: everything the API stores about a photo. */
export interface ProcessedPhoto {
  photoId: string;
  /** px of the master */
  width: number;
  /** px of the master */
  height: number;
  variants: Variant[];
  crop: Crop;
  /** ThumbHash of the whole photo, base64: at most 30 bytes, a placeholder while the photo loads. */
  placeholder: string;
  /** `#rrggbb` */
  dominantColor: string;
}

/**
 * JSON body that the image function accepts instead of the bytes of a photo: the key of an object that was staged or uploaded
 * for this photo, or of the master of another one, to crop it again.
 */
export interface PhotoKey {
  key: string;
}
