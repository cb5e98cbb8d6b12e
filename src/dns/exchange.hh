// SPDX-License-Identifier: Apache-2.0
//
// One query of the guest on its way from server to server: which comes next, and the socket of the
// present attempt. Knows neither time nor answers: those are the forwarder's, which owns it.
#pragma once

#include <vector>

#include "base/bytes.hh"
#include "base/fd.hh"
#include "dns/upstream.hh"
#include "loop/loop.hh"
#include "wire/address.hh"
#include "wire/dns.hh"

namespace nsrun::dns {

class Exchange;

// Whom a readable (or failed) attempt is reported to. It may end the exchange.
class ExchangeOwner {
 public:
  virtual void exchange_ready(Exchange& exchange, base::Time now) noexcept = 0;

 protected:
  ~ExchangeOwner() = default;
};

class Exchange final : public loop::Source {
 public:
  // A query goes to every server twice, but not more often than this in all.
  static constexpr size_t kMaxAttempts = 6;

  // `query`: a message with exactly one, well-formed question.
  Exchange(loop::Loop& loop, ExchangeOwner& owner, const wire::Endpoint& guest,
           const wire::Endpoint& dns_address, base::Bytes query);
  ~Exchange() override { unwatch(); }

  const wire::Endpoint& guest() const noexcept { return guest_; }
  const wire::Endpoint& dns_address() const noexcept { return dns_address_; }
  // As the guest sent it.
  wire::DnsView query() const noexcept { return *wire::DnsView::parse(query_); }

  // Starts over with these servers.
  void set_servers(std::vector<Upstream> servers) noexcept;
  // False when every server had its attempts.
  bool choose_next_server() noexcept;
  // Of the present attempt.
  const Upstream& server() const noexcept { return server_; }
  // The present attempt is in the first round, and not the round's last.
  bool has_unasked_server() const noexcept { return attempts_ < servers_.size(); }

  // Sends the query to the chosen server from a new socket with a new id; the old socket is gone.
  bool send(uint16_t port) noexcept;
  // What recv(2) says.
  ssize_t receive(base::MutableBytes buffer) noexcept;
  // Whether `answer` answers the present attempt. If so it has the guest's id afterwards.
  bool accept(base::MutableBytes answer) const noexcept;

  base::Time deadline() const noexcept { return deadline_; }
  void set_deadline(base::Time deadline) noexcept { deadline_ = deadline; }

  void on_ready(uint32_t events, base::Time now) noexcept override;

 private:
  ExchangeOwner& owner_;
  const wire::Endpoint guest_;
  const wire::Endpoint dns_address_;
  std::vector<std::byte> query_;
  std::vector<Upstream> servers_;
  size_t attempts_ = 0;
  Upstream server_;
  base::Fd socket_;
  uint16_t id_ = 0;
  base::Time deadline_{};
};

}  // namespace nsrun::dns
