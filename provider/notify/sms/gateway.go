package sms

import (
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// GatewayConfig describes an HTTP gateway. The templates name {{To}}, {{Digits}} (To without its plus), {{Body}},
// {{ID}}, {{From}} and {{Secret}}, each escaped for its place: the query of the address, the header (where {{Body}} has
// no place), JSON strings, or a form.
type GatewayConfig struct {
	Method   string            // "" is POST with a body and GET without
	URL      string            // fields in its query only; https, or http to a loopback host
	Header   map[string]string // name to template
	Format   Format
	Template string // of the body
	From     string // a number, a short code or a name of at most eleven characters; may be empty
	Secret   string // a password or key, to keep it out of the templates
	Success  []int  // status codes of an accepted text; none: 200, 201, 202
	Accepted string // regexp that the answer must match as well; may be empty
	Refused  string // regexp of answers that mean the number is refused for good; may be empty
	Roots    *x509.CertPool
	Timeout  time.Duration // of a whole exchange; zero, and at most, ten seconds
}

// Gateway sends texts through an HTTP gateway. Make one with NewGateway.
type Gateway struct {
	config            GatewayConfig
	client            *http.Client
	accepted, refused *regexp.Regexp
}

var (
	methods     = []string{http.MethodGet, http.MethodPost, http.MethodPut}
	headerName  = regexp.MustCompile(`\A[A-Za-z0-9-]+\z`)
	headerValue = regexp.MustCompile(`\A[ -~]*\z`)
)

// NewGateway checks the configuration and contacts nobody. Error: ErrConfig, without the values.
func NewGateway(c GatewayConfig) (*Gateway, error) {
	if c.Method == "" {
		c.Method = http.MethodPost
		if c.Format == NoBody {
			c.Method = http.MethodGet
		}
	}
	if len(c.Success) == 0 {
		c.Success = []int{http.StatusOK, http.StatusCreated, http.StatusAccepted}
	}
	for _, check := range []func() error{c.request, c.address, c.headers} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	g := &Gateway{config: c, client: newClient(c.Roots, c.Timeout)}
	if err := g.patterns(); err != nil {
		return nil, err
	}
	return g, nil
}

func (c GatewayConfig) request() error {
	all := names(c.Template, "To", "Digits", "Body", "ID", "From", "Secret")
	bodied := c.Method != http.MethodGet || c.Format == NoBody
	if err := configured(slices.Contains(methods, c.Method) && bodied, "method"); err != nil {
		return err
	}
	if err := configured(all && c.Format.holds(c.Template, c.fields(Text{To: "+4791234512"})), "body template"); err != nil {
		return err
	}
	for _, status := range c.Success {
		if status < 200 || status > 299 {
			return configured(false, "success status")
		}
	}
	return sender(c.From)
}

func (c GatewayConfig) address() error {
	place, query, _ := strings.Cut(c.URL, "?")
	u, err := url.Parse(render(c.URL, c.fields(Text{}), url.QueryEscape))
	ok := err == nil && safe(u) && !strings.Contains(place, "{{") && names(query, "To", "Digits", "Body", "ID", "From", "Secret")
	return configured(ok, "URL")
}

// headers refuses a body, which may have line breaks, and what is not a header at all.
func (c GatewayConfig) headers() error {
	for name, template := range c.Header {
		value := render(template, c.fields(Text{To: "+4791234512"}), plain)
		ok := headerName.MatchString(name) && headerValue.MatchString(value) &&
			names(template, "To", "Digits", "ID", "From", "Secret")
		if err := configured(ok, "header"); err != nil {
			return err
		}
	}
	return nil
}

func (g *Gateway) patterns() (err error) {
	if g.accepted, err = regexp.Compile(g.config.Accepted); err != nil {
		return configured(false, "pattern of accepted answers")
	}
	if g.refused, err = regexp.Compile(g.config.Refused); err != nil {
		return configured(false, "pattern of refusals")
	}
	return nil
}

// Send makes one request to the gateway. Errors: as of Sender.
func (g *Gateway) Send(ctx context.Context, t Text) error {
	if err := fit(t); err != nil {
		return err
	}
	r, err := g.request(t)
	if err != nil {
		return failed("make request to gateway", err, g.secrets(t)...)
	}
	a, err := exchange(ctx, g.client, r, g.secrets(t)...)
	if err != nil {
		return err
	}
	return g.judge(a, g.secrets(t))
}

func (g *Gateway) request(t Text) (*http.Request, error) {
	f := g.config.fields(t)
	body := render(g.config.Template, f, g.config.Format.escape)
	r, err := http.NewRequest(g.config.Method, render(g.config.URL, f, url.QueryEscape), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if g.config.Format != NoBody {
		r.Header.Set("Content-Type", media[g.config.Format])
	}
	for name, template := range g.config.Header {
		r.Header.Set(name, render(template, f, plain))
	}
	return r, nil
}

func (g *Gateway) judge(a answer, secrets []string) error {
	if g.config.Refused != "" && g.refused.MatchString(a.body) {
		return ErrRecipient
	}
	if !slices.Contains(g.config.Success, a.status) || !g.accepted.MatchString(a.body) {
		return fmt.Errorf("gateway answers %d: %s", a.status, veil(a.body, secrets...))
	}
	return nil
}

// secrets are what no error may repeat: the text, the number, and wherever an operator may have put a password.
func (g *Gateway) secrets(t Text) []string {
	return append(slices.Collect(maps.Values(g.config.Header)), t.Body, t.To, g.config.Secret, g.config.URL, g.config.Template)
}
