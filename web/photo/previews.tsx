import type { Rectangle } from './editable-photo.ts';

/** px a side: in a list, in a card, on the person's own page. */
const SIZES = [400, 100, 50] as const;

interface Props {
  url: string;
  frame: Rectangle | undefined;
}

/** What others will see, while it is being framed. */
export const Previews = ({ url, frame }: Props) => (
  <figure className="previews" aria-label="Preview">
    {SIZES.map((size) => (
      <div key={size} className={`preview of-${size}`}>
        {frame && <img src={url} alt="" style={placeOf(frame)} />}
      </div>
    ))}
  </figure>
);

/** The whole photo, so large and so placed that only the frame falls into the circle. */
const placeOf = ({ x, y, width, height }: Rectangle) => ({
  width: `${100 / width}%`,
  height: `${100 / height}%`,
  left: `${(-100 * x) / width}%`,
  top: `${(-100 * y) / height}%`,
});
