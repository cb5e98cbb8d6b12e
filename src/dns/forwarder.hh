// SPDX-License-Identifier: Apache-2.0
//
// The name server that the guest sees at the plan's DNS addresses: its queries over UDP go on to
// the host's servers, the answers come back whole. No record is read and nothing is cached. DNS
// over TCP does not come this way: a truncated answer goes back as it is, and the guest asks again
// over TCP.
//
// Each attempt has a connected socket and a transaction id of its own, both new and random: an
// answer counts only from the asked server, at the asking port, with that id and the same question
// (RFC 5452 section 9). Belongs to the data plane's thread. Memory is bounded by kMaxInFlight.
#pragma once

#include <list>
#include <vector>

#include "base/bytes.hh"
#include "base/counters.hh"
#include "dns/exchange.hh"
#include "dns/upstreams.hh"
#include "loop/loop.hh"
#include "wire/address.hh"

namespace nsrun::dns {

// Where answers go.
class AnswerSink {
 public:
  // A datagram from `dns_address` to `guest`. `message` is valid during the call and may exceed the
  // link's MTU. Also called from within Forwarder::query().
  virtual void dns_answer(const wire::Endpoint& guest, const wire::Endpoint& dns_address,
                          base::Bytes message) noexcept = 0;

 protected:
  ~AnswerSink() = default;
};

struct ForwarderOptions {
  uint16_t upstream_port = 53;
  base::Duration attempt_timeout = std::chrono::seconds(2);
};

class Forwarder final : private ExchangeOwner {
 public:
  // With more queries under way, the one whose attempt is oldest is dropped.
  static constexpr size_t kMaxInFlight = 256;
  // Longer queries are dropped. Real ones stay far below, padding (RFC 8467) included.
  static constexpr size_t kMaxQueryBytes = 4096;

  // The references must outlive the forwarder. Until set_upstreams() the server is 127.0.0.1.
  Forwarder(loop::Loop& loop, base::Counters& counters, AnswerSink& sink,
            ForwarderOptions options = {});

  // `message`: what the guest sent from `guest` to `dns_address`. It gets one answer, SERVFAIL when
  // no server gave one; none when `message` is no query.
  void query(const wire::Endpoint& guest, const wire::Endpoint& dns_address, base::Bytes message,
             base::Time now) noexcept;

  // Empty: 127.0.0.1. Queries under way turn to the new servers with their next attempt.
  void set_upstreams(const std::vector<Upstream>& servers);

  size_t in_flight() const noexcept { return exchanges_.size(); }

 private:
  void exchange_ready(Exchange& exchange, base::Time now) noexcept override;
  // Each of these may end the exchange.
  void ask_next_server(Exchange& exchange, base::Time now) noexcept;
  void take_answer(Exchange& exchange, base::Bytes answer, base::Time now) noexcept;
  void finish(Exchange& exchange, base::Bytes answer) noexcept;

  std::list<Exchange>::iterator position(const Exchange& exchange) noexcept;
  void expire(base::Time now) noexcept;
  void set_timer() noexcept;

  loop::Loop& loop_;
  base::Counters& counters_;
  AnswerSink& sink_;
  const ForwarderOptions options_;
  Upstreams upstreams_;
  // By deadline: attempts all last equally long, and each moves its exchange to the end.
  std::list<Exchange> exchanges_;
  std::vector<std::byte> buffer_;  // the message at hand
  loop::Timer timer_;              // the first exchange's deadline
};

}  // namespace nsrun::dns
