package templates_test

import (
	"errors"
	"html/template"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"sallyport/templates"
)

func TestErrorIsAnAlertAndPointsToItsInput(t *testing.T) {
	t.Parallel()
	cases := []struct {
		page  func(templates.Frame) templates.Page
		err   string
		input string // "" when no input is to blame
	}{
		{func(f templates.Frame) templates.Page { return templates.Identify{Frame: f} }, templates.ErrorEmailInvalid, "email"},
		{func(f templates.Frame) templates.Page { return templates.Identify{Frame: f, AskTenant: true} }, templates.ErrorTenantUnknown, "tenant"},
		{func(f templates.Frame) templates.Page { return templates.Identify{Frame: f, AskTenant: true} }, templates.ErrorRequired, "email"},
		{func(f templates.Frame) templates.Page { return templates.Tenant{Frame: f} }, templates.ErrorTenantUnknown, "tenant"},
		{func(f templates.Frame) templates.Page { return templates.Password{Frame: f} }, templates.ErrorPasswordWrong, "password"},
		{func(f templates.Frame) templates.Page { return templates.Password{Frame: f} }, templates.ErrorBusy, ""},
		{func(f templates.Frame) templates.Page { return templates.SecondFactor{Frame: f, Method: "totp"} }, templates.ErrorCodeUsed, "code"},
		{func(f templates.Frame) templates.Page { return templates.EnrolTOTP{Frame: f} }, templates.ErrorCodeWrong, "code"},
		{func(f templates.Frame) templates.Page { return templates.EnrolTOTP{Frame: f} }, templates.ErrorNameTooLong, "name"},
		{func(f templates.Frame) templates.Page { return templates.SecondFactor{Frame: f, Method: "sms"} }, templates.ErrorCodeExpired, "code"},
		{func(f templates.Frame) templates.Page { return templates.SecondFactor{Frame: f, Method: "sms"} }, templates.ErrorBusy, ""},
		{func(f templates.Frame) templates.Page {
			return templates.SecondFactor{Frame: f, Method: "access_code"}
		}, templates.ErrorAccessWrong, "code"},
		{func(f templates.Frame) templates.Page { return templates.EnrolCode{Frame: f} }, templates.ErrorCodeNewer, "code"},
		{func(f templates.Frame) templates.Page {
			return templates.EnrolPhone{Frame: f, Countries: make([]templates.Country, 1)}
		}, templates.ErrorNumberInvalid, "number"},
		{func(f templates.Frame) templates.Page {
			return templates.EnrolPhone{Frame: f, Countries: make([]templates.Country, 1)}
		}, templates.ErrorNumberCountry, "country"},
		{func(f templates.Frame) templates.Page { return templates.NewPassword{Frame: f} }, templates.ErrorPasswordShort, "password"},
		{func(f templates.Frame) templates.Page { return templates.NewEmail{Frame: f} }, templates.ErrorEmailInvalid, "email"},
	}
	for _, c := range cases {
		all := nodes(t, render(t, language.English, c.page(templates.Frame{Error: c.err})))
		alerts := pick(all, func(n *node) bool {
			return n.attrs["role"] == "alert" && n.attrs["id"] == "error" && n.attrs["tabindex"] == "-1"
		})
		if len(alerts) != 1 || alerts[0].text == "" {
			t.Errorf("%s: %d alerts", c.err, len(alerts))
		}
		blamed := ""
		for _, n := range pick(all, func(n *node) bool { return n.attrs["aria-invalid"] == "true" && n.attrs["aria-describedby"] == "error" }) {
			blamed += n.attrs["name"]
		}
		if blamed != c.input {
			t.Errorf("%s: blames %q, want %q", c.err, blamed, c.input)
		}
	}
}

func TestErrorsKeepWhatWasTypedButNeverSecrets(t *testing.T) {
	t.Parallel()
	page := render(t, language.English, templates.Identify{Frame: templates.Frame{Error: templates.ErrorEmailInvalid}, Email: `a"b@c`})
	if !strings.Contains(page, `value="a&#34;b@c"`) {
		t.Error("the address is lost")
	}
	for _, p := range []templates.Page{templates.Password{Email: "a@b.example"}, templates.SecondFactor{Method: "totp"}, templates.EnrolTOTP{}, templates.EnrolCode{}, templates.NewPassword{Email: "a@b.example"}} {
		for _, n := range nodes(t, render(t, language.English, p)) {
			if _, kept := n.attrs["value"]; kept && (n.attrs["name"] == "password" || n.attrs["name"] == "code") {
				t.Errorf("%T: the field %s has a value", p, n.attrs["name"])
			}
		}
	}
}

func TestRenderWritesNothingWhenTheWordsAreMissing(t *testing.T) {
	t.Parallel()
	cases := map[string]templates.Page{
		"unknown error":   templates.Identify{Frame: templates.Frame{Error: "error.no_such"}},
		"unknown title":   templates.Message{Title: "no.such", Body: templates.SignedOut},
		"body untitled":   templates.Message{Body: templates.ErrorRequired},
		"data missing":    templates.Identify{Frame: templates.Frame{Error: templates.ErrorThrottled}},
		"picture foreign": templates.EnrolTOTP{QR: template.URL("https://elsewhere.example/qr.png")},
		"picture script":  templates.EnrolTOTP{QR: template.URL(`data:image/png;base64,"onload=x`)},
	}
	for name, page := range cases {
		var out strings.Builder
		if err := templates.Render(&out, language.English, page); err == nil {
			t.Errorf("%s: no error", name)
		}
		if out.Len() > 0 {
			t.Errorf("%s: half a page was written", name)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRenderReportsAFailingWriter(t *testing.T) {
	t.Parallel()
	if err := templates.Render(broken{}, language.English, templates.Identify{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error %v", err)
	}
}
