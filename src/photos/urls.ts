import { type Variant, variantFile } from '../../contract/image.ts';
import { imageFolder } from '../../contract/keys.ts';
import type { Config } from '../config.ts';
import type { ImageFormat } from './photo.ts';
import type { PhotoRow } from './repository.ts';

type Addresses = Pick<Config, 'imageFolder'> & { photoUrl: string };

/** Address of one stored picture. A photo id is never used twice, so an address never changes its picture. */
export const variantUrl = (
  photoId: string,
  variant: Variant,
  { photoUrl, imageFolder: folder }: Addresses,
) => `${photoUrl}/${imageFolder(photoId, folder)}${variantFile(variant)}`;

export interface Wish {
  /** px a side; the master when absent */
  size?: number | null | undefined;
  /** Any that is there when absent. */
  format?: ImageFormat | null | undefined;
  blurred?: boolean | null | undefined;
}

/** The smallest square of at least `size` pixels, else the largest; undefined for what was not produced. */
export function photoUrl(photo: PhotoRow, addresses: Addresses, { size, format, blurred }: Wish) {
  const chosen = format?.toLowerCase();
  const squares = squareVariants(photo, { blurred }).filter(
    (square) => !chosen || square.format === chosen,
  );
  if (squares.length === 0) return undefined;
  const variant =
    size == null
      ? photo.stored.find((one) => isMaster(one) && one.blurred === Boolean(blurred))
      : (squares.find(({ width }) => width >= size) ?? squares.at(-1));
  return variant && variantUrl(photo.id, variant, addresses);
}

/** Square variants, smallest first. */
export const squareVariants = ({ stored }: PhotoRow, { blurred }: Pick<Wish, 'blurred'>) =>
  stored
    .filter((variant) => !isMaster(variant) && variant.blurred === Boolean(blurred))
    .sort((a, b) => a.width - b.width);

const isMaster = ({ name }: Variant) => name.startsWith('master');
