import type { PersonDetailsFragment } from '../generated/graphql.ts';
import { Field } from '../parts/field.tsx';
import { useSession, useViewer } from '../session/session.tsx';

interface Props {
  person: PersonDetailsFragment;
  problems: Record<string, string>;
}

/** Fields are named as the API names them, so that its complaints find them. */
export function EditFields({ person, problems }: Props) {
  const { config } = useSession();
  const isAdmin = useViewer().role === 'ADMIN';
  return (
    <>
      <Field
        label="Name shown"
        name="displayName"
        defaultValue={person.profile?.displayName}
        maxLength={100}
        problem={problems.displayName}
      />
      <Field
        label="About"
        name="bio"
        rows={4}
        defaultValue={person.profile?.bio}
        maxLength={1000}
        problem={problems.bio}
      />
      <div className="pair">
        <Field
          label="First name"
          name="firstName"
          defaultValue={person.firstName}
          maxLength={100}
        />
        <Field label="Last name" name="lastName" defaultValue={person.lastName} maxLength={100} />
      </div>
      <Field
        label="Username"
        name="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        minLength={3}
        maxLength={30}
        defaultValue={person.username}
        problem={problems.username}
      />
      <Field
        label="E-mail address"
        name="email"
        type="email"
        required
        defaultValue={person.email ?? ''}
        problem={problems.email}
      />
      {config.signIn === 'password' && (
        <Field
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={8}
          maxLength={200}
          hint="Leave it empty to keep the one you have. A new one signs out everywhere."
          problem={problems.password}
        />
      )}
      {isAdmin && (
        <label className="field">
          <span>Role</span>
          <select name="role" defaultValue={person.role}>
            <option value="USER">User</option>
            <option value="ADMIN">Admin</option>
          </select>
        </label>
      )}
    </>
  );
}
