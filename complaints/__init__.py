"""The heart: a complaint's life cycle, its officers, deadlines, escalation and notifications.

Rules are pure (`policy`, `deadlines`, `mapping`, `lifecycle`, `number`); each use case is one
function with one transaction (`registration`, `disposal`, `feedback`, `escalation`).
Nothing outside this package writes complaint state.
"""
