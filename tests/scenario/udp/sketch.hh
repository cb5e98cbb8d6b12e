// SPDX-License-Identifier: Apache-2.0
//
// A datagram, or an ICMP error about one, as a scenario tells it. What is left open is filled in
// when somebody sends it, and not looked at when it is expected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace nsrun::dataplane {

// Who plays. Each has an address of the story's family: see Scenario::address_of().
enum class Place : uint8_t {
  kGuest,
  kGateway,          // of the guest's network: how it sees the host
  kHost,             // on the host's network
  kHostToo,          // the host's second address there
  kAny,              // every address of the host
  kLoopback,         // of the host
  kServer,           // a neighbour on the host's network
  kOther,            // another one
  kRouter,           // a third one
  kElsewhere,        // where the host has no route to
  kLinkLocal,        // a neighbour that has no other address
  kGuestsNetwork,    // a neighbour with an address that is the guest's neighbourhood, too
  kOtherFamily,      // the server, by its address of the other family
  kHostOtherFamily,  // the host likewise
  kAnyOtherFamily
};

// A port that somebody chooses while the story runs: bound to what it is seen to be first.
struct Port {
  uint16_t number = 0;  // 0: not seen yet
};

struct Spot {
  Place place = Place::kGuest;
  uint16_t number = 0;   // 0: any, when it is expected
  Port* port = nullptr;  // instead of `number`
};

struct Sketch {
  enum class Kind : uint8_t {
    kDatagram,
    kPortUnreachable,
    kHostUnreachable,
    kNetworkUnreachable,
    kTooBig,
  };

  Kind kind = Kind::kDatagram;
  std::string text;        // of a datagram
  uint16_t run_bytes = 0;  // not 0: several datagrams in one, of so many bytes each
  bool is_fragmentable = false;
  unsigned mtu = 0;  // of kTooBig
  std::optional<Spot> source;
  std::optional<Spot> destination;
  std::optional<Spot> subject;  // where that went which an error is about

  Sketch& from(Place place, uint16_t port);
  Sketch& from(Place place, Port& port);
  Sketch& to(Place place, uint16_t port);
  Sketch& to(Place place, Port& port);
  Sketch& in_runs_of(uint16_t bytes);
  Sketch& that_may_be_fragmented();  // without DF; kernels set it otherwise (IPv6 implies it)
  // Of errors.
  Sketch& by(Place place);
  Sketch& about(Place place, uint16_t port);
  Sketch& about(Place place, Port& port);
};

Sketch udp(std::string text);
Sketch port_unreachable();
Sketch host_unreachable();
Sketch network_unreachable();
Sketch too_big(unsigned mtu);  // IPv4 calls it "fragmentation needed"

// "udp from host:40000 to server:53 (question)".
std::string describe(const Sketch& sketch);

}  // namespace nsrun::dataplane
