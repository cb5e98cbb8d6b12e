// SPDX-License-Identifier: Apache-2.0
#include "sketch.hh"

#include <fmt/format.h>

#include <utility>

namespace nsrun::dataplane {
namespace {

const char* name_of(Place place) {
  switch (place) {
    case Place::kGuest:
      return "guest";
    case Place::kGateway:
      return "gateway";
    case Place::kHost:
      return "host";
    case Place::kHostToo:
      return "host's second address";
    case Place::kAny:
      return "any address";
    case Place::kLoopback:
      return "loopback";
    case Place::kServer:
      return "server";
    case Place::kOther:
      return "other";
    case Place::kRouter:
      return "router";
    case Place::kElsewhere:
      return "elsewhere";
    case Place::kLinkLocal:
      return "link-local neighbour";
    case Place::kGuestsNetwork:
      return "neighbour in the guest's network";
    case Place::kOtherFamily:
      return "server's other family";
    case Place::kHostOtherFamily:
      return "host's other family";
    case Place::kAnyOtherFamily:
      return "any address of the other family";
  }
  return "nobody";
}

const char* name_of(Sketch::Kind kind) {
  switch (kind) {
    case Sketch::Kind::kDatagram:
      return "udp";
    case Sketch::Kind::kPortUnreachable:
      return "port unreachable";
    case Sketch::Kind::kHostUnreachable:
      return "host unreachable";
    case Sketch::Kind::kNetworkUnreachable:
      return "network unreachable";
    case Sketch::Kind::kTooBig:
      return "too big";
  }
  return "nothing";
}

std::string describe(const char* word, const std::optional<Spot>& spot) {
  if (!spot) return "";
  const uint16_t number = spot->port != nullptr ? spot->port->number : spot->number;
  return fmt::format(" {} {}:{}", word, name_of(spot->place),
                     number != 0 ? std::to_string(number) : "?");
}

Sketch error(Sketch::Kind kind) {
  Sketch sketch;
  sketch.kind = kind;
  return sketch;
}

}  // namespace

Sketch& Sketch::from(Place place, uint16_t port) {
  source = Spot{place, port, nullptr};
  return *this;
}

Sketch& Sketch::from(Place place, Port& port) {
  source = Spot{place, 0, &port};
  return *this;
}

Sketch& Sketch::to(Place place, uint16_t port) {
  destination = Spot{place, port, nullptr};
  return *this;
}

Sketch& Sketch::to(Place place, Port& port) {
  destination = Spot{place, 0, &port};
  return *this;
}

Sketch& Sketch::in_runs_of(uint16_t bytes) {
  run_bytes = bytes;
  return *this;
}

Sketch& Sketch::that_may_be_fragmented() {
  is_fragmentable = true;
  return *this;
}

Sketch& Sketch::by(Place place) { return from(place, 0); }

Sketch& Sketch::about(Place place, uint16_t port) {
  subject = Spot{place, port, nullptr};
  return *this;
}

Sketch& Sketch::about(Place place, Port& port) {
  subject = Spot{place, 0, &port};
  return *this;
}

Sketch udp(std::string text) {
  Sketch sketch;
  sketch.text = std::move(text);
  return sketch;
}

Sketch port_unreachable() { return error(Sketch::Kind::kPortUnreachable); }
Sketch host_unreachable() { return error(Sketch::Kind::kHostUnreachable); }
Sketch network_unreachable() { return error(Sketch::Kind::kNetworkUnreachable); }

Sketch too_big(unsigned mtu) {
  Sketch sketch = error(Sketch::Kind::kTooBig);
  sketch.mtu = mtu;
  return sketch;
}

std::string describe(const Sketch& sketch) {
  constexpr size_t kMostShown = 24;
  std::string text = name_of(sketch.kind);
  if (sketch.mtu != 0) text += fmt::format(" for {} bytes", sketch.mtu);
  text += describe("from", sketch.source) + describe("to", sketch.destination) +
          describe("about", sketch.subject);
  if (sketch.kind != Sketch::Kind::kDatagram) return text;
  if (sketch.run_bytes != 0) text += fmt::format(" in runs of {}", sketch.run_bytes);
  if (sketch.is_fragmentable) text += " without DF";
  return text + (sketch.text.size() <= kMostShown ? fmt::format(" ({})", sketch.text)
                                                  : fmt::format(" ({} bytes)", sketch.text.size()));
}

}  // namespace nsrun::dataplane
