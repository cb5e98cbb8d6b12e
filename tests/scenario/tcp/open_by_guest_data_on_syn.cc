// SPDX-License-Identifier: Apache-2.0
//
// Data on a SYN (TCP Fast Open) is not taken before the host has accepted; the guest sends it
// again.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestDataOnSyn) {
  guest.sends(syn().carrying(100));
  host.connects();
  relay.sends(syn_ack().ack(1));
  guest.sends(data(100).seq(1));
  relay.sends(ack(101));
  host.has_received(100);
}

}  // namespace nsrun::tcp
