package sms

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Format says how the body of a request is written, and so how what is put into it is escaped.
type Format string

// The formats; NoBody is for gateways that take everything in the address.
const (
	NoBody Format = ""
	Form   Format = "form" // application/x-www-form-urlencoded
	JSON   Format = "json"
)

var media = map[Format]string{Form: "application/x-www-form-urlencoded", JSON: "application/json"}

var field = regexp.MustCompile(`\{\{ *(\w+) *\}\}`)

// fields are what a template may name.
type fields map[string]string

func (c GatewayConfig) fields(t Text) fields {
	return fields{"To": t.To, "Digits": strings.TrimPrefix(t.To, "+"), "Body": t.Body, "ID": t.ID, "From": c.From,
		"Secret": c.Secret}
}

// render puts the fields into the template; what is not a field was refused when the Gateway was made.
func render(template string, f fields, escape func(string) string) string {
	return field.ReplaceAllStringFunc(template, func(s string) string {
		return escape(f[field.FindStringSubmatch(s)[1]])
	})
}

// names says whether the template names nothing but these.
func names(template string, allowed ...string) bool {
	for _, found := range field.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(allowed, found[1]) {
			return false
		}
	}
	return true
}

func (f Format) escape(s string) string {
	switch f {
	case JSON:
		quoted, _ := json.Marshal(s) // a string always can be
		return string(quoted[1 : len(quoted)-1])
	case Form:
		return url.QueryEscape(s)
	}
	return s
}

func plain(s string) string { return s }

// hostile is what shows whether a template keeps a body within its place.
const hostile = "\"}],{[\r\n&=%\\'\u2028å"

// holds says whether the rendered body is of its format and no text can break out of its place in it.
func (f Format) holds(template string, with fields) bool {
	with["Body"], with["Secret"] = hostile, hostile
	rendered := render(template, with, f.escape)
	switch f {
	case JSON:
		return json.Valid([]byte(rendered))
	case Form:
		_, err := url.ParseQuery(rendered)
		return err == nil && rendered != ""
	}
	return f == NoBody && template == ""
}
