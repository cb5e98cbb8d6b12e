// SPDX-License-Identifier: Apache-2.0
#include "dns/forwarder.hh"

#include <algorithm>
#include <cerrno>
#include <exception>

#include "wire/dns.hh"

namespace nsrun::dns {
namespace {

using base::Counter;

// The longest payload that UDP's length field can announce.
constexpr size_t kBufferBytes = 65535;
// Datagrams read in one wake-up of a socket, so that a flood of forged ones cannot hold the loop.
constexpr int kReadsPerWakeUp = 8;

// RFC 9619: a query has one question.
bool is_query(base::Bytes message) noexcept {
  const auto view = wire::DnsView::parse(message);
  return view && message.size() <= Forwarder::kMaxQueryBytes && !view->is_response() &&
         view->header().question_count == 1 && view->question();
}

// A stub resolver asks its next server after these. The guest's knows us alone, so it is our turn.
bool wants_another_server(const wire::DnsView& answer) noexcept {
  const wire::DnsResponseCode code = answer.response_code();
  return code == wire::DnsResponseCode::kServerFailure ||
         code == wire::DnsResponseCode::kNotImplemented || code == wire::DnsResponseCode::kRefused;
}

}  // namespace

Forwarder::Forwarder(loop::Loop& loop, base::Counters& counters, AnswerSink& sink,
                     ForwarderOptions options)
    : loop_(loop),
      counters_(counters),
      sink_(sink),
      options_(options),
      buffer_(kBufferBytes),
      timer_(loop, [this](base::Time now) { expire(now); }) {}

void Forwarder::query(const wire::Endpoint& guest, const wire::Endpoint& dns_address,
                      base::Bytes message, base::Time now) noexcept {
  if (!is_query(message)) return counters_.add(Counter::kDnsDropped);
  counters_.add(Counter::kDnsQueries);
  if (exchanges_.size() == kMaxInFlight) {
    exchanges_.pop_front();
    counters_.add(Counter::kDnsDropped);
  }
  try {
    std::vector<Upstream> servers = upstreams_.order(now);
    ExchangeOwner& owner = *this;
    exchanges_.emplace_back(loop_, owner, guest, dns_address, message);
    exchanges_.back().set_servers(std::move(servers));
  } catch (const std::exception&) {  // no memory
    return counters_.add(Counter::kDnsDropped);
  }
  ask_next_server(exchanges_.back(), now);
}

void Forwarder::set_upstreams(const std::vector<Upstream>& servers) {
  upstreams_.set(servers);
  for (Exchange& exchange : exchanges_) exchange.set_servers(upstreams_.order(loop_.now()));
}

void Forwarder::exchange_ready(Exchange& exchange, base::Time now) noexcept {
  for (int reads = 0; reads < kReadsPerWakeUp; ++reads) {
    const ssize_t length = exchange.receive(buffer_);
    if (length < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      upstreams_.mark_failed(exchange.server(), now);
      return ask_next_server(exchange, now);
    }
    const base::MutableBytes answer =
        base::MutableBytes(buffer_).first(static_cast<size_t>(length));
    if (exchange.accept(answer)) return take_answer(exchange, answer, now);
    counters_.add(Counter::kDnsDropped);
  }
}

void Forwarder::ask_next_server(Exchange& exchange, base::Time now) noexcept {
  while (exchange.choose_next_server()) {
    if (exchange.send(options_.upstream_port)) {
      exchange.set_deadline(now + options_.attempt_timeout);
      exchanges_.splice(exchanges_.end(), exchanges_, position(exchange));
      return set_timer();
    }
    upstreams_.mark_failed(exchange.server(), now);
  }
  counters_.add(Counter::kDnsFailures);
  const size_t length =
      wire::emit_dns_reply(buffer_, exchange.query(), wire::DnsResponseCode::kServerFailure);
  finish(exchange, base::Bytes(buffer_).first(length));
}

void Forwarder::take_answer(Exchange& exchange, base::Bytes answer, base::Time now) noexcept {
  upstreams_.mark_answered(exchange.server());
  if (exchange.has_unasked_server() && wants_another_server(*wire::DnsView::parse(answer))) {
    return ask_next_server(exchange, now);
  }
  finish(exchange, answer);
}

void Forwarder::finish(Exchange& exchange, base::Bytes answer) noexcept {
  const wire::Endpoint guest = exchange.guest();
  const wire::Endpoint dns_address = exchange.dns_address();
  exchanges_.erase(position(exchange));
  set_timer();
  sink_.dns_answer(guest, dns_address, answer);
}

std::list<Exchange>::iterator Forwarder::position(const Exchange& exchange) noexcept {
  return std::ranges::find(exchanges_, &exchange, [](const Exchange& each) { return &each; });
}

void Forwarder::expire(base::Time now) noexcept {
  while (!exchanges_.empty() && exchanges_.front().deadline() <= now) {
    upstreams_.mark_failed(exchanges_.front().server(), now);
    ask_next_server(exchanges_.front(), now);
  }
  set_timer();
}

void Forwarder::set_timer() noexcept {
  timer_.set(exchanges_.empty() ? base::kNever : exchanges_.front().deadline());
}

}  // namespace nsrun::dns
