// SPDX-License-Identifier: Apache-2.0
//
// Clients of published TCP ports that the guest sees as its gateway: those of this host, most of
// all. Their bytes need not pass the TAP: a socket of the guest's network that bears the gateway's
// address (inside_client.hh, os/foreign_source.hh) connects in their name, and both are spliced
// (splice_relay.hh). Whoever cannot be served so, or is refused, goes through the TAP like others,
// so that the guest decides in one place what becomes of him. A port at which the guest does not
// answer at all, as rules of its own may have it, is left to the TAP for a while.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "base/fd.hh"
#include "dataplane/inside_client.hh"
#include "dataplane/splice_relay.hh"
#include "dataplane/tcp_relay.hh"

namespace nsrun::dataplane {

class LocalClients {
 public:
  // All must outlive this object.
  LocalClients(InsideClient& inside, SpliceRelay& spliced, TcpRelay& relay) noexcept
      : inside_(inside), spliced_(spliced), relay_(relay) {}
  LocalClients(const LocalClients&) = delete;
  LocalClients& operator=(const LocalClients&) = delete;

  // `name`: TcpRelay::name_of() `client`, at an address of the guest's own; `refusal` is for the
  // TAP.
  void serve(base::Fd client, const wire::FlowKey& name, Refusal refusal) noexcept;

  // The rest of the spliced pairs is for those that have no other way.
  static constexpr size_t kMostPairs = SpliceRelay::kMostPairs / 4 * 3;

 private:
  struct Client {
    base::Fd socket;
    wire::FlowKey name;
    Refusal refusal = Refusal::kIsPassedOn;
  };

  void connect(Client client, ProcessAnswer answer) noexcept;
  void take_to_tap(Client client) noexcept;
  bool is_silent(const wire::Endpoint& guest) noexcept;
  void note_silence(const wire::Endpoint& guest) noexcept;

  InsideClient& inside_;
  SpliceRelay& spliced_;
  TcpRelay& relay_;
  uint64_t next_number_ = 0;
  std::unordered_map<uint64_t, Client> waiting_;  // for a socket
  std::map<wire::Endpoint, base::Time> silent_;   // until when the guest is not asked so again
};

}  // namespace nsrun::dataplane
