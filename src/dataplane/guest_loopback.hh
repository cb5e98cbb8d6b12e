// SPDX-License-Identifier: Apache-2.0
//
// Services that listen on the guest's loopback only. A client of a published port whom the guest
// has refused at its TAP is taken there, to the loopback address of its own family and then of the
// other, by a socket of the guest's network (inside_client.hh), and spliced (splice_relay.hh). The
// service sees the loopback address as the client's, since the real one has no way back from there.
// So nobody is taken to a service that listens elsewhere, too, and did not want him there: in a
// family in which the guest's own address has a listener the loopback is left alone.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "base/fd.hh"
#include "dataplane/inside_client.hh"
#include "dataplane/splice_relay.hh"
#include "wire/address.hh"

namespace nsrun::dataplane {

class GuestLoopback {
 public:
  // Both must outlive this object.
  GuestLoopback(InsideClient& inside, SpliceRelay& spliced) noexcept
      : inside_(inside), spliced_(spliced) {}
  GuestLoopback(const GuestLoopback&) = delete;
  GuestLoopback& operator=(const GuestLoopback&) = delete;

  // `refused`: the guest's own address and port, at which it has refused the client. `other`: its
  // address in the other family, or unspecified. Resets the client when nobody may be asked.
  void serve(base::Fd client, const wire::Endpoint& refused, const wire::IpAddress& other) noexcept;

 private:
  struct Client {
    base::Fd socket;
    uint16_t port = 0;
    std::array<wire::IpAddress, 2> own_addresses{};  // of the guest
    size_t tried = 0;                                // families

    const wire::IpAddress& own_address() const noexcept { return own_addresses[tried]; }
  };
  using Step = void (GuestLoopback::*)(Client client, ProcessAnswer answer) noexcept;

  void try_next_family(Client client) noexcept;
  void ask_for_socket(Client client, Step step) noexcept;
  void look_for_listener(Client client, ProcessAnswer answer) noexcept;
  void connect(Client client, ProcessAnswer answer) noexcept;

  InsideClient& inside_;
  SpliceRelay& spliced_;
  uint64_t next_number_ = 0;
  std::unordered_map<uint64_t, Client> waiting_;  // for a socket
};

}  // namespace nsrun::dataplane
