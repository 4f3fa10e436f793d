package sms_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sallyport/provider/notify/sms"
)

func TestTwilioHearsWhatItDocuments(t *testing.T) {
	t.Parallel()
	web := newWeb(t, 201, `{"sid":"SM1","status":"queued","error_code":null}`)
	for name, c := range map[string]struct {
		config sms.TwilioConfig
		user   string
		form   url.Values
	}{
		"a number":  {sms.TwilioConfig{Account: "AC1", Secret: "token", From: "+4799999999"}, "AC1", url.Values{"From": {"+4799999999"}}},
		"a service": {sms.TwilioConfig{Account: "AC1", Key: "SK1", Secret: "token", Service: "MG1"}, "SK1", url.Values{"MessagingServiceSid": {"MG1"}}},
	} {
		c.config.Base = web.URL + "/"
		if err := twilio(t, c.config).Send(t.Context(), text(nasty)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a := web.next(t)
		c.form.Set("To", "+4791234512")
		c.form.Set("Body", nasty)
		user, password, _ := a.BasicAuth()
		if a.Method != "POST" || a.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || user != c.user || password != "token" || a.body != c.form.Encode() {
			t.Errorf("%s: %s %s %s:%s %s", name, a.Method, a.URL, user, password, a.body)
		}
	}
}

func TestTwilioAnswerDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status        int
		body          string
		sent, refused bool
	}{
		"queued":               {201, `{"status":"queued"}`, true, false},
		"taken by another":     {200, `{}`, true, false},
		"no number":            {400, `{"code":21211,"message":"The 'To' number is not valid","status":400}`, false, true},
		"not a mobile":         {400, `{"code":21614}`, false, true},
		"said STOP":            {400, `{"code":21610}`, false, true},
		"failed at once":       {201, `{"status":"failed","error_code":30001}`, false, false},
		"refused at once":      {201, `{"status":"failed","error_code":21635}`, false, true},
		"undelivered":          {201, `{"status":"undelivered"}`, false, false},
		"too many":             {429, `{"code":20429,"message":"Too Many Requests","status":429}`, false, false},
		"wrong token":          {401, `{"code":20003,"message":"Authenticate","status":401}`, false, false},
		"sender is not ours":   {400, `{"code":21606}`, false, false},
		"not of the API":       {200, `<html>`, false, false},
		"nothing":              {201, ``, false, false},
		"redirect":             {307, `{"status":"queued"}`, false, false},
		"its fault":            {503, ``, false, false},
		"a code that is ours":  {400, `{"code":` + code + `,"message":"` + code + `"}`, false, false},
		"a text that is ours":  {400, `{"code":21608,"message":"` + strings.ReplaceAll(bound, "\n", `\n`) + `, tokentoken"}`, false, false},
		"a status that is odd": {400, `{"code":1,"status":{"a":"` + code + `"}}`, false, false},
	} {
		web := newWeb(t, c.status, c.body)
		err := twilio(t, sms.TwilioConfig{Base: web.URL, Account: "ACxyz", Secret: "tokentoken", From: "Acme"}).Send(t.Context(), text(bound))
		if (err == nil) != c.sent || errors.Is(err, sms.ErrRecipient) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !c.refused && !strings.Contains(err.Error(), fmt.Sprint(c.status)) {
			t.Errorf("%s: %v, want the status", name, err)
		}
		if err != nil {
			discreet(t, err, "tokentoken", "ACxyz")
		}
		web.next(t)
		web.nothing(t)
	}
}
