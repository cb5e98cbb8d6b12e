// SPDX-License-Identifier: Apache-2.0
#include "helper/news_reader.hh"

#include <cstdlib>

#include "base/log.hh"

namespace nsrun::helper {

NewsReader::NewsReader(control::MainContext& context, Outside& outside,
                       dataplane::DataPlane& data_plane, Supervision& supervision,
                       bool follows_target)
    : outside_(outside),
      data_plane_(data_plane),
      supervision_(supervision),
      follows_target_(follows_target) {
  source_.emplace(context, outside.fd(), G_IO_IN, [this](GIOCondition) { read(); });
}

void NewsReader::read() {
  const auto news = outside_.receive();
  if (!news) {
    lose_outside();
  } else if (const auto* servers = std::get_if<NewNameServers>(&*news)) {
    data_plane_.post(
        [this, upstreams = servers->servers] { data_plane_.set_dns_upstreams(upstreams); });
  } else {
    supervision_.end(EXIT_SUCCESS, "the path of the network namespace was removed");
  }
}

void NewsReader::lose_outside() {
  source_.reset();
  if (follows_target_) return supervision_.end(EXIT_FAILURE, "the process outside has ended");
  base::log::warning(
      "the process outside has ended: changes of resolv.conf are not followed, Unix sockets of -L "
      "are "
      "not reached, and those of -a and -p are not removed at the end");
}

}  // namespace nsrun::helper
