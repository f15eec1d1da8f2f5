import type { Rectangle } from './editable-photo.ts';

/** Sides of the previews, CSS px: on the profile, in a card, in a list. */
const SIZES = [400, 100, 50] as const;

interface Props {
  url: string;
  crop: Rectangle | undefined;
}

/** Live preview of the cropped photo in three sizes. */
export const Previews = ({ url, crop }: Props) => (
  <figure className="previews" aria-label="Preview">
    {SIZES.map((size) => (
      <div key={size} className={`preview of-${size}`}>
        {crop && <img src={url} alt="" style={positionOf(crop)} />}
      </div>
    ))}
  </figure>
);

/** Scales and moves the whole photo so that the crop fills the circle. */
const positionOf = ({ x, y, width, height }: Rectangle) => ({
  width: `${100 / width}%`,
  height: `${100 / height}%`,
  left: `${(-100 * x) / width}%`,
  top: `${(-100 * y) / height}%`,
});
