// SPDX-License-Identifier: Apache-2.0
#include "helper/news_reader.hh"

#include <cstdlib>

#include "base/log.hh"

namespace nsrun::helper {

NewsReader::NewsReader(control::MainContext& context, Outside& outside,
                       dataplane::DataPlane& data_plane, Supervision& supervision)
    : outside_(outside), data_plane_(data_plane), supervision_(supervision) {
  source_.emplace(context, outside.fd(), G_IO_IN, [this](GIOCondition) { read(); });
}

void NewsReader::read() {
  const auto news = outside_.receive();
  if (!news) {
    base::log::warning("the process outside has ended: changes of resolv.conf are not followed");
    source_.reset();
  } else if (const auto* servers = std::get_if<NewNameServers>(&*news)) {
    data_plane_.post(
        [this, addresses = servers->addresses] { data_plane_.set_dns_upstreams(addresses); });
  } else {
    supervision_.end(EXIT_SUCCESS, "the path of the network namespace was removed");
  }
}

}  // namespace nsrun::helper
