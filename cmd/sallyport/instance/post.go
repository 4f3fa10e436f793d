package instance

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"sallyport/cmd/sallyport/config"
	"sallyport/provider/notify"
	"sallyport/provider/notify/email"
	"sallyport/provider/notify/sms"
)

// post is what messages need on their way; a transport that is not configured is nil.
type post struct {
	outbox notify.Outbox
	mail   *email.Sender
	texts  sms.Sender
}

func (i *Instance) post() (p post, err error) {
	if p.outbox, err = i.outbox(); err != nil {
		return p, err
	}
	if p.mail, err = i.mailer(); err != nil {
		return p, fmt.Errorf("prepare mail: %w", err)
	}
	if p.texts, err = texts(i.Config.SMS); err != nil {
		return p, fmt.Errorf("prepare text messages (sms): %w", err)
	}
	return p, nil
}

// close ends the connection that SMPP keeps; the other transports keep none.
func (p post) close() {
	if c, ok := p.texts.(io.Closer); ok {
		_ = c.Close() // the process ends, and with it what could not be ended in order
	}
}

// outbox has the configured address, not that of a request: links in mails lead there (gauntlet I01).
func (i *Instance) outbox() (notify.Outbox, error) {
	sealer, err := i.Sealer()
	if err != nil {
		return notify.Outbox{}, err
	}
	public, err := url.Parse(i.Config.PublicURL)
	if err != nil {
		return notify.Outbox{}, fmt.Errorf("read public_url: %w", err)
	}
	return notify.Outbox{Seal: sealer, PublicURL: public}, nil
}

// mailer is the way to the configured mail server. Without one messages are marked as failed, and the log says so once.
func (i *Instance) mailer() (*email.Sender, error) {
	m := i.Config.Mail
	if m.Host == "" {
		i.Log.Warn("no mail is sent, neither codes nor links, and nobody hears of changes to their sign-in: mail.host is not set")
		return nil, nil
	}
	return email.New(email.Config{Host: m.Host, Port: m.Port, Security: email.Security(m.TLS), Username: m.Username,
		Password: m.Password.Reveal(), From: m.From, Now: i.Now})
}

// texts returns a nil interface, never a nil pointer in one, where there is no way.
func texts(c config.SMS) (sms.Sender, error) {
	var s sms.Sender
	var err error
	switch c.Kind {
	case "gateway":
		s, err = sms.NewGateway(gateway(c))
	case "twilio":
		s, err = sms.NewTwilio(sms.TwilioConfig{Base: c.URL, Account: c.Account, Key: c.Key, Secret: c.Secret.Reveal(), From: c.From, Service: c.Service})
	case "smpp":
		s, err = sms.NewSMPP(sms.SMPPConfig{Address: c.Address, Plain: !c.TLS, Bind: sms.Bind(c.Bind), SystemID: c.SystemID,
			Password: c.Secret.Reveal(), SystemType: c.SystemType, From: c.From})
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func gateway(c config.SMS) sms.GatewayConfig {
	g := sms.GatewayConfig{URL: c.URL, Format: sms.Format(c.Format), Template: c.Body, From: c.From, Secret: c.Secret.Reveal(),
		Accepted: c.Accepted, Refused: c.Refused}
	if c.Format == "none" {
		g.Format = sms.NoBody
	}
	if name, value, ok := strings.Cut(c.Header, ": "); ok {
		g.Header = map[string]string{name: value}
	}
	return g
}
