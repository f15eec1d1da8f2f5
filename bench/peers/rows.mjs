/** Shared by all peers: the same prepared statements, a pool of the same size, and the same verification of the token. */
import { jwtVerify } from 'jose';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const key = new TextEncoder().encode(process.env.JWT_SECRET);

const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const JOINED = `select u.id, u.username, u.first_name, u.last_name, u.created_at, p.display_name, p.bio
  from users u left join profiles p on p.user_id = u.id`;

const shape = (row) => ({
  id: row.id,
  username: row.username,
  firstName: row.first_name,
  lastName: row.last_name,
  createdAt: row.created_at,
  profile: { displayName: row.display_name, bio: row.bio },
});

export async function readUser(id) {
  const [row] = await rows('user', `${JOINED} where u.id = $1`, [id]);
  return row && shape(row);
}

export async function readPage(first) {
  const text = `${JOINED} order by u.created_at desc, u.id desc limit $1`;
  const found = await rows('users', text, [first + 1]);
  const nodes = found.slice(0, first).map(shape);
  const last = nodes.at(-1);
  const position = JSON.stringify([last?.createdAt, last?.id]);
  return {
    edges: nodes.map((node) => ({ node })),
    pageInfo: {
      hasNextPage: found.length > first,
      endCursor: Buffer.from(position).toString('base64url'),
    },
  };
}

/** Loads the viewer of a request. @throws Error for an invalid token */
export async function readViewer({ authorization = '' }) {
  const { payload } = await jwtVerify(authorization.slice('Bearer '.length), key, {
    algorithms: ['HS256'],
    issuer: 'portrait',
  });
  const text = 'select id, role, tokens_valid_from from users where id = $1';
  const [viewer] = await rows('viewer', text, [payload.sub]);
  if (viewer?.tokens_valid_from.getTime() !== payload.era) throw new Error('A bad token.');
  return viewer;
}
