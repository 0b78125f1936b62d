// The page of the test: NAV's own chatbot, told to talk to the address that the page names.
import Chatbot from '@navikt/nav-chatbot';
import React from 'react';
import ReactDOM from 'react-dom';

const root = document.getElementById('root');
const {boostApiUrlBase} = root.dataset;
ReactDOM.render(React.createElement(Chatbot, {boostApiUrlBase}), root);
