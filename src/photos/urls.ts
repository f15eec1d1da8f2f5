import { type Variant, variantFile } from '../../contract/image.ts';
import { imageFolder } from '../../contract/keys.ts';
import type { Config } from '../config.ts';
import type { ImageFormat } from './photo.ts';
import type { PhotoRow } from './repository.ts';

type UrlConfig = Pick<Config, 'imageFolder'> & { photoUrl: string };

/** Public URL of a variant. Photo IDs are never reused, so its content never changes. */
export const variantUrl = (
  photoId: string,
  variant: Variant,
  { photoUrl, imageFolder: folder }: UrlConfig,
) => `${photoUrl}/${imageFolder(photoId, folder)}${variantFile(variant)}`;

interface VariantSelection {
  /** Side, px; the master if absent. */
  size?: number | null | undefined;
  /** Any available format if absent. */
  format?: ImageFormat | null | undefined;
  blurred?: boolean | null | undefined;
}

/** URL of the smallest square of at least `size` px, otherwise of the largest; undefined if there is no such variant. */
export function photoUrl(
  photo: PhotoRow,
  config: UrlConfig,
  { size, format, blurred }: VariantSelection,
) {
  const chosen = format?.toLowerCase();
  const squares = squareVariants(photo, { blurred }).filter(
    (square) => !chosen || square.format === chosen,
  );
  if (squares.length === 0) return undefined;
  const variant =
    size == null
      ? photo.stored.find((one) => isMaster(one) && one.blurred === Boolean(blurred))
      : (squares.find(({ width }) => width >= size) ?? squares.at(-1));
  return variant && variantUrl(photo.id, variant, config);
}

/** Square variants, ascending. */
export const squareVariants = (
  { stored }: PhotoRow,
  { blurred }: Pick<VariantSelection, 'blurred'>,
) =>
  stored
    .filter((variant) => !isMaster(variant) && variant.blurred === Boolean(blurred))
    .sort((a, b) => a.width - b.width);

const isMaster = ({ name }: Variant) => name.startsWith('master');
