import { useMutation } from '@apollo/client/react';
import { useLocation } from 'wouter';
import { failure } from '../api/failure.ts';
import { nameOf } from '../components/avatar.tsx';
import { Field } from '../components/field.tsx';
import { Form } from '../components/form.tsx';
import { Modal } from '../components/modal.tsx';
import { DeleteUserDocument, type UserDetailsFragment } from '../generated/graphql.ts';
import { useSession, useViewer } from '../session/session.tsx';

interface Props {
  person: UserDetailsFragment;
  onClose: () => void;
}

/** Asks for the username before it deletes: this is the one thing that cannot be undone. */
export function DeleteUser({ person, onClose }: Props) {
  const isOwn = useViewer().id === person.id;
  const { signOut } = useSession();
  const [, goTo] = useLocation();
  const [deleteUser, { client }] = useMutation(DeleteUserDocument);

  async function confirm({ confirmation = '' }) {
    if (confirmation.trim().toLowerCase() !== person.username.toLowerCase()) {
      const message = `Type ${person.username} to delete this account.`;
      throw failure('BAD_USER_INPUT', message, { fields: { confirmation: message } });
    }
    await deleteUser({ variables: { id: person.id } });
    if (isOwn) signOut('Your account and all of your photos are deleted.');
    else goTo('/');
    client.cache.evict({ id: `User:${person.id}` });
    client.cache.evict({ fieldName: 'users' });
  }

  return (
    <Modal title={`Delete ${isOwn ? 'your account' : nameOf(person)}?`} onClose={onClose}>
      <p>
        The account, its profile and every stored byte of its photos go for good. Nothing brings
        them back.
      </p>
      <Form
        action="Delete for good"
        doing="Deleting…"
        onSubmit={confirm}
        aside={
          <button type="button" className="button quiet" onClick={onClose}>
            Keep it
          </button>
        }
      >
        {(problems) => (
          <Field
            label={`Type ${person.username} to confirm`}
            name="confirmation"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            problem={problems.confirmation}
          />
        )}
      </Form>
    </Modal>
  );
}
