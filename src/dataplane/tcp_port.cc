// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_port.hh"

#include <utility>

namespace nsrun::dataplane {

TcpPort::TcpPort(loop::Loop& loop, TcpRelay& relay, const LinkDirectory& links, base::Fd listener,
                 const wire::Endpoint& host, const wire::Endpoint& guest)
    : host_(host),
      guest_(guest),
      listener_(
          loop, "published tcp port", std::move(listener), host,
          [&relay, &links, this](base::Fd client, const wire::Endpoint& from, base::Time now) {
            relay.open_to_guest(std::move(client), from, guest_,
                                links.link_for(guest_.address, from.address), now);
          }) {}

}  // namespace nsrun::dataplane
