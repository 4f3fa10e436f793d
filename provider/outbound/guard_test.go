package outbound

import (
	"net/netip"
	"testing"
)

// Whether an address outside loopback would be dialled can only be asked here: a test that dials one proves nothing.
func TestOnlyPublicAddressesArePermittedI02(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "2606:4700:4700::1111": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true,
		"127.0.0.1": false, "127.255.255.254": false, "::1": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false,
		"0.0.0.0": false, "0.1.2.3": false, "::": false, "10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "100.64.0.1": false, "100.100.100.200": false, "169.254.169.254": false, "168.63.129.16": false,
		"192.0.0.192": false, "192.0.2.1": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "fec0::1": false,
		"2002:7f00:1::": false, "2001:0:1::": false, "2001:db8::1": false, "64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false,
		"64:ff9b:1::1": false, "100::1": false, "4000::1": false,
	} {
		if got := (guard{public: true}).permits(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: permitted %v", address, got)
		}
		if (guard{}).permits(netip.MustParseAddr(address)) {
			t.Errorf("%s is spoken to without TLS", address)
		}
	}
}

func TestAllowedNetworksArePermittedInAnySpelling(t *testing.T) {
	t.Parallel()
	g := guard{allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/64")}}
	for address, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "64:ff9b::a01:203": true, "fd00::5": true,
		"fd00::5%eth0": true, "10.2.0.1": false, "fd00:0:0:1::5": false, "8.8.8.8": false} {
		if got := g.permits(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: permitted %v", address, got)
		}
	}
}
