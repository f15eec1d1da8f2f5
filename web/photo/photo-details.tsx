import type { UserDetailsFragment } from '../generated/graphql.ts';

type Photo = NonNullable<NonNullable<UserDetailsFragment['profile']>['photo']>;

const CROP_LABELS: Record<string, string> = {
  RECTANGLE: 'Manual',
  FOCAL_POINT: 'Focal point',
  ATTENTION: 'Automatic',
  CENTRE: 'Centered',
};

/** Size, crop and color of a photo, and its variants with their permanent URLs. */
export const PhotoDetails = ({ photo }: { photo: Photo }) => (
  <details className="photo-details">
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
          <dt>Crop</dt>
          <dd>{CROP_LABELS[photo.crop.strategy]}</dd>
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
