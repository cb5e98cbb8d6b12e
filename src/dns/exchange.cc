// SPDX-License-Identifier: Apache-2.0
#include "dns/exchange.hh"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <exception>

#include "base/big_endian.hh"
#include "dns/upstream_socket.hh"

namespace nsrun::dns {

Exchange::Exchange(loop::Loop& loop, ExchangeOwner& owner, const wire::Endpoint& guest,
                   const wire::Endpoint& dns_address, base::Bytes query)
    : Source(loop, "dns exchange"),
      owner_(owner),
      guest_(guest),
      dns_address_(dns_address),
      query_(query.begin(), query.end()) {}

void Exchange::set_servers(std::vector<Upstream> servers) noexcept {
  servers_ = std::move(servers);
  attempts_ = 0;
}

bool Exchange::choose_next_server() noexcept {
  if (attempts_ >= std::min(2 * servers_.size(), kMaxAttempts)) return false;
  server_ = servers_[attempts_ % servers_.size()];
  ++attempts_;
  return true;
}

bool Exchange::send(uint16_t port) noexcept {
  unwatch();
  socket_ = connect_to_upstream(server_, port);
  if (!socket_.is_open() || ::getrandom(&id_, sizeof id_, 0) != sizeof id_) return false;
  base::Be16 id(id_);
  iovec parts[] = {{&id, sizeof id}, {query_.data() + sizeof id, query_.size() - sizeof id}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = std::size(parts);
  if (::sendmsg(socket_.number(), &message, MSG_NOSIGNAL) < 0) return false;
  try {
    watch(socket_, EPOLLIN);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

ssize_t Exchange::receive(base::MutableBytes buffer) noexcept {
  return ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
}

bool Exchange::accept(base::MutableBytes answer) const noexcept {
  const auto view = wire::DnsView::parse(answer);
  if (!view || view->id() != id_) return false;
  base::store_big_endian(answer.data(), query().id());
  return wire::is_answer_to(*view, query());
}

void Exchange::on_ready(uint32_t /*events*/, base::Time now) noexcept {
  owner_.exchange_ready(*this, now);
}

}  // namespace nsrun::dns
