package demo

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"sallyport/cmd/sallyport/config"
	"sallyport/cmd/sallyport/demo/inbox"
)

// settings begins with the defaults and the environment and puts the demo's own in place of all that could lead it
// to somebody's real database, keys or network.
func (o Options) settings() (config.Config, error) {
	// Four ports in a row are the demo's: provider, application, simulated Entra, inbox.
	if o.PortBase < 1024 || o.PortBase > 65535-3 {
		return config.Config{}, config.Errors{{Path: "--port-base", Message: "must be between 1024 and 65532"}}
	}
	c, err := config.Load("", o.Env)
	if err != nil {
		return config.Config{}, err
	}
	if !loopback(c.Listen) {
		return config.Config{}, config.Errors{{Path: "listen", Message: "the demo's passwords are known to everybody: it listens on loopback only"}}
	}
	if o.DataDir != "" {
		c.DataDir = o.DataDir
	}
	if c.DataDir, err = filepath.Abs(filepath.Join(c.DataDir, "demo")); err != nil {
		return config.Config{}, fmt.Errorf("find the demo's directory: %w", err)
	}
	c.Listen, c.PublicURL = net.JoinHostPort(host, strconv.Itoa(o.PortBase)), origin(o.PortBase)
	c.Database, c.TLS, c.TrustedProxies = config.Database{Migrate: true}, config.TLS{}, nil
	c.Mail, c.SMS = config.Mail{}, config.SMS{Kind: "none"} // messages stay here, whatever the environment says
	// The simulated Entra is where tenants' addresses lead, and loopback is else forbidden to these.
	c.Outbound.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}
	c.Keys = config.Keys{File: filepath.Join(c.DataDir, "keyset.json")}
	return c, nil
}

// deliver makes the inbox the mail server and the gateway for texts, which are described as an operator would do it.
func (o Options) deliver(c *config.Config, i *inbox.Inbox) {
	c.Mail = config.Mail{Host: host, Port: i.Port(), TLS: "none", From: "no-reply@sallyport.test"}
	c.SMS = config.SMS{Kind: "gateway", From: "Sallyport", Secret: config.Secret(i.Secret()),
		URL:    "http://" + net.JoinHostPort(host, strconv.Itoa(o.PortBase+3)) + inbox.TextsPath,
		Format: "json", Body: `{"id":"{{ID}}","from":"{{From}}","to":"{{To}}","text":"{{Body}}"}`,
		Header: "Authorization: Bearer {{Secret}}", Accepted: "^accepted "}
}

func loopback(listen string) bool {
	name, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && addr.IsLoopback()
}
