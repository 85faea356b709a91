"""All that a cell serves over HTTP, joined: desks, supervisors, offices, and signed links."""

from aiohttp import web

from complaints.attachments.page import AttachmentPage, posts_may_see
from complaints.policy import Policy
from cti import deskguidance, deskhearing, deskpage
from cti.api import AgentApi
from cti.api import routes as agent_routes
from cti.supervisor.call_page import CallParts
from cti.supervisor.feedback_page import AskingParts
from cti.supervisor.hearing import ListeningRights
from cti.supervisor.owed_page import OwedParts
from cti.supervisor.site import add_supervisor_pages
from helpline.adapters import link_signer
from helpline.desk_adapters import ComplaintRegistrar
from helpline.desk_telling import DeskTellings
from helpline.dialing import callback_settings, dialer_settings
from helpline.keys import signing_key
from helpline.live import LiveCell
from helpline.outbound import receipt_options
from helpline.pages import DeskSessions, WallboardSessions
from helpline.reception import queue_languages, staffing_plan
from helpline.recorded import certified_device
from helpline.recording_adapters import MayHear
from helpline.settings import Settings
from messages.receipts import Receipts
from recordings.download import Downloads
from recordings.vault import Vault
from web.pages import bundle, waiting
from web.shell import Shell
from web.site import add_pages


def add_site(
    app: web.Application,
    shell: Shell,
    settings: Settings,
    vault: Vault,
    live: LiveCell,
    desks: DeskSessions,
) -> None:
    """Every page and socket of the cell. Raises `SettingsError` when the signing key is exposed."""
    key = signing_key(settings)
    agents = AgentApi(
        key,
        live.desk,
        _registrar(shell, settings, vault, live),
        desks,
        wallboards=live.wallboards,
        drafts=live.drafts,
        supervisors=WallboardSessions(shell),
        tellings=DeskTellings(
            shell.pool, settings.rules, shell.now, link_signer(settings, shell.now), live.has_call
        ),
    )
    app.add_routes(agent_routes(agents))
    add_links(app, shell, settings.rules, vault, key)
    add_pages(app, shell)
    waiting.add_routes(app, shell, settings.rules)
    deskpage.add_routes(app, shell, settings.cell.name)
    deskhearing.add_routes(app, shell, key)
    deskguidance.add_routes(app, shell)
    _add_supervisors(app, shell, settings, vault, key, live)
    if receipts := settings.notifications.receipts:
        Receipts(shell.pool, receipt_options(receipts), shell.now).add_routes(app)


def _registrar(
    shell: Shell, settings: Settings, vault: Vault, live: LiveCell
) -> ComplaintRegistrar:
    languages = queue_languages(settings.cell.routes)
    return ComplaintRegistrar(
        shell.pool, settings.rules, shell.now, vault.keys, languages, live.has_call
    )


def add_links(app: web.Application, shell: Shell, policy: Policy, vault: Vault, key: bytes) -> None:
    """What a signed link opens: a recording, a bundle, a file of a complaint."""
    pool, now, address = shell.pool, shell.now, shell.address
    may_hear = MayHear(policy, ListeningRights(pool, now))
    Downloads(pool, vault, key, now, may_hear, address).add_routes(app)
    bundle.add_routes(app, shell, key, policy)
    AttachmentPage(pool, vault, key, now, posts_may_see(policy), address).add_routes(app)


def _add_supervisors(
    app: web.Application, shell: Shell, settings: Settings, vault: Vault, key: bytes, live: LiveCell
) -> None:
    recordings = settings.recordings
    device = certified_device(settings)
    add_supervisor_pages(
        app,
        shell,
        CallParts(vault, key, device, recordings.chromium),
        cell=settings.cell.name,
        wrap_up={queue.name: queue.wrap_up_seconds for queue in settings.cell.queues},
        alarms=settings.alarms.as_rules(),
        plan=staffing_plan(settings, shell.pool, shell.now),
        answer_within={one.name: one.service_level_seconds for one in settings.cell.queues},
        titles=live.queue_titles,
        owed=OwedParts(
            call_back=live.clicks.call_back,
            languages=queue_languages(settings.cell.routes),
            dialled=frozenset(callback_settings(settings).reasons),
        ),
        asking=AskingParts(
            call=live.clicks.call_task, may_call_at=dialer_settings(settings).window.is_open
        ),
    )
