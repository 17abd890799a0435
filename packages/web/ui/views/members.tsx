import type { Member, PublicUser, Role, Room } from '@kuraxx/contracts';
import { useSignal } from '@preact/signals';
import { chat, user } from '../state/chat.ts';
import { attempt } from '../state/notice.ts';
import type { OpenRoom } from '../state/open-room.ts';
import { online } from '../state/presence.ts';
import { leaveRoom } from '../state/rooms.ts';
import { Field, fieldsOf } from './field.tsx';

const roleNames: Record<Role, string> = { OWNER: 'owner', ADMIN: 'admin', MEMBER: 'member' };

const MemberItem = ({ member, opened, role }: { member: Member; opened: OpenRoom; role: Role | undefined }) => {
  const params = { id: opened.room.id, userId: member.userId };
  const isOnline = online(member.user);
  const isSelf = member.userId === user.value?.id;
  const mayRemove =
    !isSelf && (role === 'OWNER' || (role === 'ADMIN' && member.role === 'MEMBER')) && member.role !== 'OWNER';
  const change = (work: () => Promise<unknown>): void => void attempt(() => work().then(() => opened.loadMembers()));
  const newRole = member.role === 'ADMIN' ? 'MEMBER' : 'ADMIN';
  return (
    <li>
      <span class={isOnline ? 'dot online' : 'dot'} aria-hidden="true" />
      <span class="name">
        {member.user.displayName} <small>@{member.user.username}</small>
        <span class="sr-only">{isOnline ? ', online' : ', offline'}</span>
      </span>
      <span class="badge">{roleNames[member.role]}</span>
      {role === 'OWNER' && !isSelf && (
        <button
          type="button"
          class="link"
          onClick={() => change(() => chat.rest.rooms.changeRole({ params, body: { role: newRole } }))}
        >
          Make {roleNames[newRole]}
          <span class="sr-only">: {member.user.displayName}</span>
        </button>
      )}
      {mayRemove && (
        <button type="button" class="link" onClick={() => change(() => chat.rest.rooms.removeMember({ params }))}>
          Remove<span class="sr-only"> {member.user.displayName}</span>
        </button>
      )}
    </li>
  );
};

const AddMember = ({ opened }: { opened: OpenRoom }) => {
  const found = useSignal<readonly PublicUser[] | undefined>(undefined);
  const search = (event: SubmitEvent): void => {
    const { query = '' } = fieldsOf(event);
    void attempt(async () => {
      found.value = (await chat.rest.users.search({ query: { query } })).users;
    });
  };
  const add = async (userId: string): Promise<void> => {
    await chat.rest.rooms.addMember({ params: { id: opened.room.id }, body: { userId } });
    found.value = undefined;
    await opened.loadMembers();
  };
  const isMember = (id: string): boolean => opened.members.value.some(({ userId }) => userId === id);
  return (
    <section aria-label="Add somebody">
      <form class="inline" onSubmit={search}>
        <Field label="Add somebody" name="query" required maxLength={50} placeholder="part of a name" />
        <button type="submit">Search</button>
      </form>
      <ul class="members" aria-live="polite">
        {found.value
          ?.filter(({ id }) => !isMember(id))
          .map(({ id, displayName, username }) => (
            <li key={id}>
              <span class="name">
                {displayName} <small>@{username}</small>
              </span>
              <button type="button" onClick={() => void attempt(() => add(id))}>
                Add<span class="sr-only"> {displayName}</span>
              </button>
            </li>
          ))}
        {found.value?.length === 0 && <li>Nobody found.</li>}
      </ul>
    </section>
  );
};

/** Who is in the room, and what the person may do about it. */
export const Members = ({ listed, opened, role }: { listed: Room; opened: OpenRoom; role: Role | undefined }) => (
  <div class="page">
    <ul class="members">
      {opened.members.value.map((member) => (
        <MemberItem key={member.id} member={member} opened={opened} role={role} />
      ))}
    </ul>
    {(role === 'OWNER' || role === 'ADMIN') && <AddMember opened={opened} />}
    <p class="hint">
      Room id: <code>{listed.id}</code>
    </p>
    <p class="buttons">
      <button type="button" class="quiet" onClick={() => void attempt(() => leaveRoom(listed.id))}>
        Leave the room
      </button>
      {role === 'OWNER' && (
        <button
          type="button"
          class="danger"
          onClick={() => void attempt(() => chat.rest.rooms.remove({ params: { id: listed.id } }))}
        >
          Delete the room for everybody
        </button>
      )}
    </p>
  </div>
);
