import { thumbHashToDataURL } from 'thumbhash';
import type { ProfileAvatarFragment, UserCardFragment } from '../generated/graphql.ts';

interface Props {
  person: UserCardFragment;
  /** CSS px a side; the browser picks the file for its screen. */
  size: number;
  /** Whether it stands without the person's name beside it. */
  alone?: boolean;
}

/** A person's round picture: the photo, over a blur of itself until it has come, or their initials. */
export function Avatar({ person, size, alone = false }: Props) {
  const { profile } = person;
  const photo = profile?.photo;
  if (!profile) return <span className="avatar nobody" style={{ width: size, height: size }} />;
  const fallback = alone ? `Photo of ${nameOf(person)}` : '';
  return (
    <img
      // Another photo is another picture: the old one must not linger under its placeholder.
      key={photo?.id}
      className="avatar"
      src={profile.avatarUrl}
      srcSet={photo?.srcSet ?? undefined}
      sizes={`${size}px`}
      width={size}
      height={size}
      alt={photo?.alt || fallback}
      loading="lazy"
      decoding="async"
      style={placeholderOf(photo)}
    />
  );
}

/** What to call a person. */
export const nameOf = ({ username, firstName, lastName, profile }: UserCardFragment) =>
  profile?.displayName || `${firstName} ${lastName}`.trim() || username;

const painted = new Map<string, string>();

/** A ThumbHash comes as `data:image/thumbhash;base64,…`, which browsers cannot show: it is painted into a PNG first. */
function placeholderOf(photo: ProfileAvatarFragment['photo'] | undefined) {
  if (!photo?.placeholder) return undefined;
  const { id, placeholder } = photo;
  const paint = () => {
    const hash = atob(placeholder.slice(placeholder.indexOf(',') + 1));
    return thumbHashToDataURL(Uint8Array.from(hash, (letter) => letter.charCodeAt(0)));
  };
  const picture = painted.get(id) ?? paint();
  painted.set(id, picture);
  return { backgroundImage: `url(${picture})` };
}
