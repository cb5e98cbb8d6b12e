// SPDX-License-Identifier: Apache-2.0
//
// To clients the same: a new one is not heard, those known are.
#include "scenario.hh"

namespace nsrun::dataplane {

TEST_P(Scenario, TableFullRefusesClientsOfPublishedPorts) {
  settings.max_flows = 1;
  relay.publishes(Place::kHost, 8053, 53);
  network.delivers(udp("one").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("one").from(Place::kServer, 4000));
  network.delivers(udp("two").from(Place::kOther, 4000).to(Place::kHost, 8053));
  relay.counted(Counter::kUdpFlowsRefused, 1);
  relay.has_warned(1, "too many associations");
  network.delivers(udp("three").from(Place::kServer, 4000).to(Place::kHost, 8053));
  guest.hears(udp("three").from(Place::kServer, 4000));
}

}  // namespace nsrun::dataplane
