import { Field } from '../components/field.tsx';
import type { UserDetailsFragment } from '../generated/graphql.ts';
import { useSession, useViewer } from '../session/session.tsx';

interface Props {
  person: UserDetailsFragment;
  problems: Record<string, string>;
}

/** Fields are named as the API names them, so that its complaints find them. */
export function EditFields(props: Props) {
  const { config } = useSession();
  const isAdmin = useViewer().role === 'ADMIN';
  return (
    <>
      <ProfileFields {...props} />
      <AccountFields {...props} />
      {config.signIn === 'password' && (
        <Field
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={8}
          maxLength={200}
          hint="Leave it empty to keep the one you have. A new one signs out everywhere."
          problem={props.problems.password}
        />
      )}
      {isAdmin && <RoleField role={props.person.role} />}
    </>
  );
}

const ProfileFields = ({ person: { profile }, problems }: Props) => (
  <>
    <Field
      label="Name shown"
      name="displayName"
      defaultValue={profile?.displayName}
      maxLength={100}
      hint="First and last name when empty."
      problem={problems.displayName}
    />
    <Field
      label="About"
      name="bio"
      rows={3}
      defaultValue={profile?.bio}
      maxLength={1000}
      problem={problems.bio}
    />
  </>
);

const AccountFields = ({ person, problems }: Props) => (
  <>
    <div className="pair">
      <Field label="First name" name="firstName" defaultValue={person.firstName} maxLength={100} />
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
  </>
);

const RoleField = ({ role }: { role: string }) => (
  <label className="field">
    <span>Role</span>
    <select name="role" defaultValue={role}>
      <option value="USER">User</option>
      <option value="ADMIN">Admin</option>
    </select>
  </label>
);
