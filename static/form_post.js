// Sends the only form of the page on to the app. Without this script the button does it.
"use strict";
if (document.forms.length === 1) {
  // Taken from the prototype, because a field named "submit" hides the form's own method.
  HTMLFormElement.prototype.submit.call(document.forms[0]);
}
