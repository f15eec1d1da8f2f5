import { useMutation } from '@apollo/client/react';
import { useLocation } from 'wouter';
import { failure } from '../api/failure.ts';
import { DeletePersonDocument, type PersonDetailsFragment } from '../generated/graphql.ts';
import { nameOf } from '../parts/avatar.tsx';
import { Field } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { Modal } from '../parts/modal.tsx';
import { useSession, useViewer } from '../session/session.tsx';

interface Props {
  person: PersonDetailsFragment;
  onClose: () => void;
}

/** Asks for the username before it deletes: this is the one thing that cannot be undone. */
export function DeletePerson({ person, onClose }: Props) {
  const isOwn = useViewer().id === person.id;
  const { signOut } = useSession();
  const [, goTo] = useLocation();
  const [deletePerson, { client }] = useMutation(DeletePersonDocument);

  async function confirm({ confirmation = '' }) {
    if (confirmation.trim().toLowerCase() !== person.username.toLowerCase()) {
      const message = `Type ${person.username} to delete this account.`;
      throw failure('BAD_USER_INPUT', message, { fields: { confirmation: message } });
    }
    await deletePerson({ variables: { id: person.id } });
    if (isOwn) signOut('Your account and all of your photos have been deleted.');
    else goTo('/');
    client.cache.evict({ id: `User:${person.id}` });
    client.cache.evict({ fieldName: 'users' });
  }

  return (
    <Modal title={`Delete ${isOwn ? 'your account' : nameOf(person)}?`} onClose={onClose}>
      <p>
        The account, its profile and all of its photos are deleted permanently. This cannot be
        undone.
      </p>
      <Form
        action="Delete permanently"
        doing="Deleting…"
        onSubmit={confirm}
        aside={
          <button type="button" className="button quiet" onClick={onClose}>
            Cancel
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
