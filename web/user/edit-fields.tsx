import { Field } from '../components/field.tsx';
import type { UserDetailsFragment } from '../generated/graphql.ts';
import { useSession, useViewer } from '../session/session.tsx';

interface Props {
  user: UserDetailsFragment;
  problems: Record<string, string>;
}

/** Field names equal the API's input fields, so that its errors appear next to them. */
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
          hint="Leave empty to keep the current password. A new one signs you out everywhere."
          problem={props.problems.password}
        />
      )}
      {isAdmin && <RoleField role={props.user.role} />}
    </>
  );
}

const ProfileFields = ({ user: { profile }, problems }: Props) => (
  <>
    <Field
      label="Display name"
      name="displayName"
      defaultValue={profile?.displayName}
      maxLength={100}
      hint="Leave empty to show first and last name."
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

const AccountFields = ({ user, problems }: Props) => (
  <>
    <div className="pair">
      <Field label="First name" name="firstName" defaultValue={user.firstName} maxLength={100} />
      <Field label="Last name" name="lastName" defaultValue={user.lastName} maxLength={100} />
    </div>
    <Field
      label="Username"
      name="username"
      autoCapitalize="none"
      spellCheck={false}
      required
      minLength={3}
      maxLength={30}
      defaultValue={user.username}
      problem={problems.username}
    />
    <Field
      label="E-mail address"
      name="email"
      type="email"
      required
      defaultValue={user.email ?? ''}
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
