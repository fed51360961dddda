"""Drawings of chance: legal and illegal BPMN of every construct, as nobody draws it and some tool might write it."""

from __future__ import annotations

import random

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NODES = [
    "task", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "manualTask",
    "subProcess", "callActivity", "transaction", "adHocSubProcess", "exclusiveGateway", "parallelGateway",
    "inclusiveGateway", "eventBasedGateway", "complexGateway", "startEvent", "startEvent", "endEvent", "endEvent",
    "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
]  # fmt: skip
DEFINITIONS = [
    "message", "timer", "signal", "error", "escalation", "terminate", "link", "compensate", "conditional", "cancel",
]  # fmt: skip
TIMES = [
    "",
    "<timeDuration>P1D</timeDuration>",
    "<timeDate>soon</timeDate>",
    "<timeCycle/>",
    "<timeDuration>3 days</timeDuration>",
    "<timeDuration>${x}</timeDuration>",
]
CONDITIONS = ["", "", "", "=x > 1", "x", "${a == 'b'}", "${a.b(c)}", "Yes"]
CONTAINERS = {"subProcess", "transaction", "adHocSubProcess"}


class Drawing:
    """One drawing; the same chance gives the same one."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.ids: list[str] = []
        self.flows = 0

    def file(self) -> bytes:
        """Return the drawing as a BPMN file of one or two processes."""
        executable = ["", ' isExecutable="true"']
        count = self.chance.choice([1, 1, 2])
        processes = [
            f'<process id="p{k}"{self.chance.choice(executable)}>{self.scope(0)}</process>' for k in range(count)
        ]
        pairs = [(self.chance.choice(self.ids), self.chance.choice(self.ids)) for _ in range(2)]
        flows = "".join(f'<messageFlow id="m{k}" sourceRef="{a}" targetRef="{b}"/>' for k, (a, b) in enumerate(pairs))
        collaboration = f'<collaboration id="c">{flows}</collaboration>' if self.often(0.4) else ""
        inside = f'<message id="m" name="M"/>{collaboration}{"".join(processes)}'
        return f'<definitions xmlns="{BPMN}" targetNamespace="x">{inside}</definitions>'.encode()

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def scope(self, depth: int) -> str:
        own: list[str] = []
        written = [self.node(depth, own) for _ in range(self.chance.randint(1, 7))]
        written += [self.flow(own) for _ in range(self.chance.randint(0, len(own) + 4))]
        if self.often(0.2):
            written.append(f'<association id="as_{own[0]}" sourceRef="{own[-1]}" targetRef="{own[0]}"/>')
        return "".join(written)

    def node(self, depth: int, own: list[str]) -> str:
        tag = self.chance.choice(NODES)
        node_id = f"n{len(self.ids)}"
        self.ids.append(node_id)
        own.append(node_id)
        inside = self.scope(depth + 1) if tag in CONTAINERS and depth < 2 else ""
        inside += self.definitions() if tag.endswith("Event") else ""
        inside += self.markers() if tag in CONTAINERS or "ask" in tag else ""
        attributes = self.attributes(tag)
        if tag == "boundaryEvent" and self.often(0.9):
            attributes += f' attachedToRef="{self.chance.choice(self.ids[-6:])}"'
        name = f' name="N {node_id}"' if self.often(0.7) else ""
        return f'<{tag} id="{node_id}"{attributes}{name}>{inside}</{tag}>'

    def attributes(self, tag: str) -> str:
        wanted = [
            (tag in CONTAINERS, 0.25, 'triggeredByEvent="true"'),
            (tag.endswith("Event"), 0.15, 'parallelMultiple="true"'),
            (tag == "startEvent", 0.15, 'isInterrupting="false"'),
            (tag == "boundaryEvent", 0.15, 'cancelActivity="false"'),
            ("ask" in tag, 0.07, 'isForCompensation="true"'),
            ("ask" in tag, 0.05, f'startQuantity="{self.chance.choice(["0", "2", "x"])}"'),
            (tag in {"receiveTask", "eventBasedGateway"}, 0.2, 'instantiate="true"'),
            (tag == "eventBasedGateway", 0.2, 'eventGatewayType="Parallel"'),
            (tag.endswith("Gateway"), 0.2, f'gatewayDirection="{self.chance.choice(["Converging", "Diverging"])}"'),
        ]
        return "".join(f" {text}" for fits, share, text in wanted if fits and self.often(share))

    def definitions(self) -> str:
        written = []
        for _ in range(self.chance.choice([0, 0, 1, 1, 1, 2])):
            kind = self.chance.choice(DEFINITIONS)
            reference = ' messageRef="m"' if kind == "message" and self.often(0.4) else ""
            inside = self.chance.choice(TIMES) if kind == "timer" else ""
            written.append(f"<{kind}EventDefinition{reference}>{inside}</{kind}EventDefinition>")
        return "".join(written)

    def markers(self) -> str:
        turns = self.chance.choice(["", "3", "x > 1 y", "${n}"])
        multiple = f"<multiInstanceLoopCharacteristics><loopCardinality>{turns}</loopCardinality>"
        multiple += "</multiInstanceLoopCharacteristics>"
        loop = "<standardLoopCharacteristics/>"
        return (loop if self.often(0.1) else "") + (multiple if self.often(0.1) else "")

    def flow(self, own: list[str]) -> str:
        self.flows += 1
        target = self.chance.choice(own) if self.often(0.85) else self.chance.choice([*self.ids, "gone"])
        source = f' sourceRef="{self.chance.choice(own)}"' if self.often(0.97) else ""
        condition = self.chance.choice(CONDITIONS)
        inside = condition and f"<conditionExpression>{condition}</conditionExpression>"
        return f'<sequenceFlow id="f{self.flows}"{source} targetRef="{target}">{inside}</sequenceFlow>'
