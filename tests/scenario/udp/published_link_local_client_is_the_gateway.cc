// SPDX-License-Identifier: Apache-2.0
//
// A link-local address means nothing beyond its link; the answer finds the link again.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, PublishedLinkLocalClientIsTheGateway) {
  relay.publishes(Place::kAny, 8053, 53);
  network.delivers(udp("question").from(Place::kLinkLocal, 4000).to(Place::kHost, 8053));
  guest.hears(udp("question").from(Place::kGateway, 4000).to(Place::kGuest, 53));
  guest.sends(udp("answer").from(Place::kGuest, 53).to(Place::kGateway, 4000));
  network.carries(udp("answer").from(Place::kHost, 8053).to(Place::kLinkLocal, 4000));
}

}  // namespace nsrun::dataplane
