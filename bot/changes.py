"""The admin's verbs that change something: before and after, and a question where it matters."""

from dataclasses import dataclass

from bot.grammar import Command
from bot.said import Confirm, Said
from bot.words import Words
from service import keys, mute, pause, policy_edit
from service.context import Context
from service.mute import Muted
from service.policy_edit import Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command by an admin. `line`: as it was typed. `sure`: they said yes to what was proposed.

    `version`: the policy's version that was proposed for.
    """

    command: Command
    line: str
    by: str
    sure: bool = False
    version: int = 0


def policy(context: Context, words: Words, order: Order) -> Said:
    """Change one key of the policy."""
    command = order.command
    return _edit(context, words, order, command.key or "", command.value or "")


def quiet_hours(context: Context, words: Words, order: Order) -> Said:
    """Change when nobody is pushed anything."""
    start, end = order.command.hours
    return _edit(context, words, order, "quiet.hours", f"{start:%H:%M} {end:%H:%M}")


def edited(edit: Edit, words: Words, *, done: bool) -> Said:
    """A change of the policy with its before and after, and what it makes odd."""
    title = words.say("policy_changed" if done else "policy_change", key=edit.path)
    warnings = tuple(words.tell("odd", detail=odd.detail) for odd in edit.odd)
    return Said(
        title=title,
        pairs=_before_after(policy_edit.shown(edit.before), policy_edit.shown(edit.after), words),
        after=warnings,
    )


def mute_account(context: Context, words: Words, order: Order) -> Said:
    """Suggest nothing to an account: taken back as easily."""
    command = order.command
    account = command.account or ""
    before, after = mute.mute(
        context, account, by=order.by, span=command.span, because=command.because
    )
    back = words.tell("take_back", example=words.typed(f"unmute {quoted(account)}"))
    return _muting(context, words, account, before, after, small=(back,))


def unmute_account(context: Context, words: Words, order: Order) -> Said:
    """Let an account hear suggestions again; what goes out then can't be taken back."""
    account = order.command.account or ""
    if order.sure:
        because = order.command.because
        before, after = mute.unmute(context, account, by=order.by, because=because)
        return _muting(context, words, account, before, after)
    before = mute.standing(context, account)
    if not before.muted:
        return Said(lines=(words.say("not_muted", account=account),))
    shown = _muting(context, words, account, before, Muted(muted=False))
    return Said(
        title=words.say("unmute_ask", account=account),
        pairs=shown.pairs,
        confirm=Confirm(line=order.line, label=words.say("unmute")),
    )


def pause_all(context: Context, words: Words, order: Order) -> Said:
    """Hold everything back but notices."""
    command = order.command
    held = pause.hold(context, by=order.by, because=command.because or "", span=command.span)
    return Said(
        title=words.say("pause_done"),
        lines=pause.told(context, held, words.locale),
        pairs=_before_after(words.say("going_out"), words.say("paused"), words),
    )


def resume_all(context: Context, words: Words, order: Order) -> Said:
    """Let suggestions go on; where harm paused them, it is judged anew."""
    found = pause.in_force(context)
    if found is None:
        return Said(lines=(words.say("not_paused"),))
    pairs = _before_after(words.say("paused"), words.say("going_out"), words)
    if not order.sure:
        return Said(
            title=words.say("resume_ask"),
            lines=pause.told(context, found, words.locale)[:-1],
            pairs=pairs,
            small=(words.say("resume_small"),) if found.why == pause.HARM else (),
            confirm=Confirm(line=order.line, label=words.say("resume")),
        )
    because = order.command.because or words.say("no_reason")
    pause.resume(context, by=order.by, because=because)
    return Said(title=words.say("resume_done"), pairs=pairs)


def list_keys(context: Context, words: Words, order: Order) -> Said:
    """The API keys by their ids, never themselves; or the end of one."""
    zone = context.policy().catalogue.product.time_zone
    known = keys.all_of(context)
    if order.command.key is None:
        pairs = tuple(
            (
                f"{key.id} ({key.scope})",
                words.say("key_revoked", at=words.instant(key.revoked_at, zone))
                if key.revoked_at
                else words.say("key_valid", at=words.instant(key.created_at, zone)),
            )
            for key in known
        )
        lines = () if pairs else (words.say("no_keys"),)
        small = (words.tell("keys_small", example=words.typed("keys revoke KEY")),)
        return Said(title=words.say("keys_title"), lines=lines, pairs=pairs, small=small)
    return _revoke(context, words, order, order.command.key)


def quoted(text: str) -> str:
    """An account as one types it again."""
    return f'"{text}"' if " " in text or not text else text


def _revoke(context: Context, words: Words, order: Order, id: str) -> Said:
    key = next((k for k in keys.all_of(context) if k.id == id and not k.revoked_at), None)
    if key is None:
        return Said(lines=(words.say("no_such_key", key=id),))
    pairs = _before_after(words.say("valid"), words.say("revoked"), words)
    if not order.sure:
        return Said(
            title=words.say("revoke_ask", key=id),
            lines=(words.say("revoke_lines", scope=key.scope),),
            pairs=pairs,
            confirm=Confirm(line=order.line, label=words.say("revoke")),
        )
    keys.revoke(context, id, by=order.by)
    return Said(title=words.say("revoke_done", key=id), pairs=pairs)


def _edit(context: Context, words: Words, order: Order, key: str, value: str) -> Said:
    if order.sure:
        edit = policy_edit.apply(context, key, value, version=order.version, by=order.by)
        return edited(edit, words, done=True)
    edit = policy_edit.propose(context, key, value)
    shown = edited(edit, words, done=False)
    confirm = Confirm(line=order.line, label=words.say("change_it"), version=edit.version)
    return Said(
        title=shown.title,
        pairs=shown.pairs,
        after=shown.after,
        small=(words.say("policy_small", version=str(edit.version)),),
        confirm=confirm,
    )


def _muting(
    context: Context,
    words: Words,
    account: str,
    before: Muted,
    after: Muted,
    *,
    small: tuple[str, ...] = (),
) -> Said:
    today = context.clock.now().date()

    def stands(muted: Muted) -> str:
        if not muted.muted:
            return words.say("hears")
        if muted.until is None:
            return words.say("muted_for_good")
        return words.say("muted_until", until=words.day(muted.until, today))

    title = words.say("mute_done" if after.muted else "unmute_done", account=account)
    pairs = _before_after(stands(before), stands(after), words)
    return Said(title=title, pairs=pairs, small=small)


def _before_after(before: str, after: str, words: Words) -> tuple[tuple[str, str], ...]:
    return (words.say("before"), before), (words.say("after"), after)
