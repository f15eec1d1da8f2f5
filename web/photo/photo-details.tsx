import type { UserDetailsFragment } from '../generated/graphql.ts';

type Photo = NonNullable<NonNullable<UserDetailsFragment['profile']>['photo']>;

const CUT: Record<string, string> = {
  RECTANGLE: 'By hand',
  FOCAL_POINT: 'Around a point',
  ATTENTION: 'Where people look first',
  CENTRE: 'From the middle',
};

/** What is stored of a photo, each picture with its own address that never shows another. */
export const PhotoFacts = ({ photo }: { photo: Photo }) => (
  <details className="photo-facts">
    <summary>What is stored</summary>
    <dl>
      <div>
        <dt>Size</dt>
        <dd>
          {photo.width} × {photo.height} pixels
        </dd>
      </div>
      {photo.crop && (
        <div>
          <dt>Frame</dt>
          <dd>{CUT[photo.crop.strategy]}</dd>
        </div>
      )}
      <div>
        <dt>Colour</dt>
        <dd>{photo.dominantColor}</dd>
      </div>
    </dl>
    <ul>
      {photo.variants.map(({ name, format, bytes, url }) => (
        <li key={url}>
          <a href={url}>
            {name}.{format.toLowerCase()}
          </a>{' '}
          <span className="hint">{(bytes / 1024).toFixed(1)} kB</span>
        </li>
      ))}
    </ul>
  </details>
);
