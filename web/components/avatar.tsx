import { thumbHashToDataURL } from 'thumbhash';
import type { ProfileAvatarFragment, UserCardFragment } from '../generated/graphql.ts';

interface Props {
  user: UserCardFragment;
  /** Side, CSS px; the browser picks the variant for its screen. */
  size: number;
  /** Whether the user's name is not shown next to it. */
  isAlone?: boolean;
}

/** Round photo of a user, with its blurred placeholder until it has loaded, or their initials. */
export function Avatar({ user, size, isAlone = false }: Props) {
  const { profile } = user;
  const photo = profile?.photo;
  if (!profile) return <span className="avatar" style={{ width: size, height: size }} />;
  const fallback = isAlone ? `Photo of ${nameOf(user)}` : '';
  return (
    <img
      // A new element for a new photo: the old one must not stay visible until the new one has loaded.
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

/** Display name, full name or username. */
export const nameOf = ({ username, firstName, lastName, profile }: UserCardFragment) =>
  profile?.displayName || `${firstName} ${lastName}`.trim() || username;

const placeholders = new Map<string, string>();

/** Converts a `data:image/thumbhash;base64,…` URL, which browsers cannot show, to a PNG. */
function placeholderOf(photo: ProfileAvatarFragment['photo'] | undefined) {
  if (!photo?.placeholder) return undefined;
  const { id, placeholder } = photo;
  const decode = () => {
    const hash = atob(placeholder.slice(placeholder.indexOf(',') + 1));
    return thumbHashToDataURL(Uint8Array.from(hash, (letter) => letter.charCodeAt(0)));
  };
  const url = placeholders.get(id) ?? decode();
  placeholders.set(id, url);
  return { backgroundImage: `url(${url})` };
}
