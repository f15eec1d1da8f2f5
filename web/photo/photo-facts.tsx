import type { PersonDetailsFragment } from '../generated/graphql.ts';

type Photo = NonNullable<NonNullable<PersonDetailsFragment['profile']>['photo']>;

const CUT: Record<string, string> = {
  RECTANGLE: 'Manual',
  FOCAL_POINT: 'Focal point',
  ATTENTION: 'Automatic',
  CENTRE: 'Center',
};

/** Details of a photo, each picture with its own address that never shows another. */
export const PhotoFacts = ({ photo }: { photo: Photo }) => (
  <details className="photo-facts">
    <summary>Details</summary>
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
        <dt>Color</dt>
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
