import { expect, test } from 'vitest';
import { readOptions } from '../../../tools/import-django/options.ts';

const FROM = ['--from', 'postgres://localhost/django'];

test('takes the names that Django gives, and others where they are told', () => {
  const plain = readOptions(FROM);
  const told = readOptions([
    ...FROM,
    ...['--table', 'old.person', '--profile-table', 'old.profile', '--to', 'https://p.example/'],
    ...['--column', 'username=login', '--column', 'first_name='],
  ]);

  expect(plain).toMatchObject({
    to: 'http://127.0.0.1:4000',
    tables: { users: 'auth_user', profiles: undefined, columns: { email: 'email', image: '' } },
  });
  expect(told).toMatchObject({
    to: 'https://p.example',
    tables: {
      ...{ users: 'old.person', profiles: 'old.profile' },
      columns: { username: 'login', first_name: '', image: 'image', user_id: 'user_id' },
    },
  });
});

test.each([
  ['no database', [], '--from must be'],
  ['another database', ['--from', 'mysql://localhost/django'], '--from must be'],
  ['a Portrait that is no address', [...FROM, '--to', 'localhost'], '--to must be'],
  ['two places', [...FROM, '--bucket', 'a', '--media', 'b'], 'not both'],
  ['no column', [...FROM, '--column', 'mail=email'], 'name one of id, username'],
  ['people without ids', [...FROM, '--column', 'id='], 'name one of id, username'],
  ['nothing at once', [...FROM, '--at-once', '0'], '--at-once goes'],
  ['words', [...FROM, 'postgres://localhost/other'], 'Unexpected argument'],
])('refuses %s', (_, words, complaint) => {
  expect(() => readOptions(words)).toThrow(complaint);
});
