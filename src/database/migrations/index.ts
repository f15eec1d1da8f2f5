import { Admins } from './20261121-admins.ts';
import { DirectUpload } from './20261121-direct-upload.ts';
import { Initial } from './20261121-initial.ts';
import { RateLimits } from './20261121-rates.ts';
import { DjangoPasswords } from './20261122-django-passwords.ts';
import { Identities } from './20261130-identities.ts';
import { Search } from './20261130-search.ts';
import { UploadClaim } from './20261130-upload-claim.ts';
import { CropRequest } from './20261201-crop-request.ts';

/** All migrations, oldest first. Names must not change: the database stores them. */
export const migrations = [
  { name: '20261121-initial', class: Initial },
  { name: '20261121-direct-upload', class: DirectUpload },
  { name: '20261121-rates', class: RateLimits },
  { name: '20261121-admins', class: Admins },
  { name: '20261122-django-passwords', class: DjangoPasswords },
  { name: '20261130-identities', class: Identities },
  { name: '20261130-upload-claim', class: UploadClaim },
  { name: '20261130-search', class: Search },
  { name: '20261201-crop-request', class: CropRequest },
];
